import { describe, expect, it } from "vitest";
import { AnswerOrder } from "../../../src/amqp/channel/answer-order.ts";

describe("Answers of a channel", () => {
  it("leave in the order of the requests, when they are known and durable", () => {
    const sent: string[] = [];
    const answers = new AnswerOrder(() => {});
    const first = answers.expect();
    const second = answers.expect();
    answers.give(first, () => sent.push("first"));
    answers.give(second, () => sent.push("second"));
    answers.now(() => sent.push("third"));

    answers.committed(second);
    const before = [...sent];
    answers.committed(first);

    expect(before).toEqual([]);
    expect(sent).toEqual(["first", "second", "third"]);
  });

  it("leave at once when nothing is owed before them", () => {
    const sent: string[] = [];
    new AnswerOrder(() => {}).now(() => sent.push("now"));

    expect(sent).toEqual(["now"]);
  });

  it("do not wait for a request that was refused", () => {
    const sent: string[] = [];
    const answers = new AnswerOrder(() => {});
    answers.withdraw(answers.expect());
    answers.now(() => sent.push("now"));

    expect(sent).toEqual(["now"]);
  });

  it("are all given up when the channel ends", () => {
    const sent: string[] = [];
    const answers = new AnswerOrder(() => {});
    const token = answers.expect();
    answers.give(token, () => sent.push("late"));
    answers.close();
    answers.committed(token);

    expect(sent).toEqual([]);
  });

  it("are told that they are given up, also when they are known only after the end", () => {
    const told: string[] = [];
    const answers = new AnswerOrder(() => {});
    const [uncommitted, known, unknown] = [answers.expect(), answers.expectSoon(), answers.expectSoon()];
    const give = (token: number, name: string): void =>
      answers.give(
        token,
        () => told.push(`${name} sent`),
        () => told.push(`${name} given up`),
      );
    give(known, "second");
    answers.close();
    give(unknown, "third");
    answers.committed(uncommitted);

    expect(told).toEqual(["second given up", "third given up"]);
  });
});
