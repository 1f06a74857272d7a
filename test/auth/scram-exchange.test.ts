import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuthStep } from "../../src/auth/authenticator.ts";
import { ScramExchange } from "../../src/auth/scram-exchange.ts";
import { deriveVerifier } from "../../src/auth/scram-verifier.ts";
import { ScramClient } from "./scram-client.ts";

/** RFC 7677 §3: user "user", password "pencil". */
const CLIENT_FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const SERVER_FIRST = `r=rOprNGfwEbeRWgbNEkqO${SERVER_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const CLIENT_FINAL = `c=biws,r=rOprNGfwEbeRWgbNEkqO${SERVER_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
const SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

const verifier = await deriveVerifier(
  Buffer.from("pencil"),
  Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"),
  4096,
);

function anExchange({ isKnown = true } = {}): { exchange: ScramExchange; asked: string[] } {
  const asked: string[] = [];
  const find = (user: string) => {
    asked.push(user);
    return { verifier, isKnown };
  };
  return { exchange: new ScramExchange({ find, nonce: () => SERVER_NONCE }), asked };
}

function say(exchange: ScramExchange, ...messages: string[]): AuthStep {
  return messages.map((message) => exchange.next(Buffer.from(message))).at(-1)!;
}

const WRONG = { kind: "refused", reason: "badUserNameOrPassword", detail: "bad user name or password" };
const refused = (detail: string) => ({
  kind: "refused",
  reason: "notAuthorized",
  detail: `SCRAM-SHA-256: ${detail}`,
});

describe("SCRAM-SHA-256", () => {
  it("says what the example of RFC 7677 says", () => {
    const { exchange, asked } = anExchange();

    expect(say(exchange, CLIENT_FIRST)).toEqual({ kind: "continue", data: Buffer.from(SERVER_FIRST) });
    expect(say(exchange, CLIENT_FINAL)).toEqual({
      kind: "accepted",
      user: "user",
      data: Buffer.from(SERVER_FINAL),
    });
    expect(asked).toEqual(["user"]);
  });

  it("accepts a client that knows channel binding and believes that we do not", () => {
    const client = new ScramClient("user", "pencil", { header: "y,," });
    const { exchange } = anExchange();

    const final = client.final((exchange.next(client.first()) as { data: Buffer }).data);
    const step = exchange.next(final) as { data: Buffer };

    expect(step).toMatchObject({ kind: "accepted" });
    expect(client.trusts(step.data)).toBe(true);
  });

  it("refuses a wrong password", () => {
    const client = new ScramClient("user", "pen");
    const { exchange } = anExchange();

    const final = client.final((exchange.next(client.first()) as { data: Buffer }).data);

    expect(exchange.next(final)).toEqual(WRONG);
  });

  it("refuses an unknown user at the same point and in the same words, whatever the proof", () => {
    expect(say(anExchange({ isKnown: false }).exchange, CLIENT_FIRST)).toMatchObject({ kind: "continue" });
    expect(say(anExchange({ isKnown: false }).exchange, CLIENT_FIRST, CLIENT_FINAL)).toEqual(WRONG);
  });

  it("refuses a proof that is too short without comparing it", () => {
    expect(say(anExchange().exchange, CLIENT_FIRST, CLIENT_FINAL.replace(/p=.*/, "p=AAAA"))).toEqual(WRONG);
  });

  it("unescapes commas and equals signs of a user name", () => {
    const { exchange, asked } = anExchange();

    say(exchange, "n,,n=a=2Cb=3Dc=3D2C,r=x");

    expect(asked).toEqual(["a,b=c=2C"]);
  });

  it("ignores optional extensions of the first message", () => {
    expect(say(anExchange().exchange, `${CLIENT_FIRST},x=anything`)).toMatchObject({ kind: "continue" });
  });

  it("accepts the user's own name as authorization identity", () => {
    expect(say(anExchange().exchange, "n,a=us=2Cer,n=us=2Cer,r=x")).toMatchObject({ kind: "continue" });
  });

  it.each([
    ["channel binding", "p=tls-unique,,n=user,r=x", "channel binding is not offered"],
    ["an extension it would have to know", "n,,m=x,n=user,r=x", "mandatory extensions are not supported"],
    ["another authorization identity", "n,a=admin,n=user,r=x", "nobody may act as another user"],
    ["nothing", "", "the client's first message is malformed"],
    ["an unknown channel binding flag", "x,,n=user,r=x", "the client's first message is malformed"],
    ["no user name", "n,,n=,r=x", "the client's first message is malformed"],
    ["an escape that is none", "n,,n=a=2cb,r=x", "the client's first message is malformed"],
    ["no nonce", "n,,n=user,r=", "the client's first message is malformed"],
    ["a nonce that is not printable", "n,,n=user,r=a b", "the client's first message is malformed"],
    [
      "a message of more than 4096 bytes",
      `n,,n=user,r=${"x".repeat(4096)}`,
      "the client's first message is malformed",
    ],
  ])("refuses %s", (_what, first, detail) => {
    const { exchange, asked } = anExchange();

    expect(say(exchange, first)).toEqual(refused(detail));
    expect(asked).toEqual([]);
  });

  it("refuses bytes that are no text", () => {
    const bytes = Buffer.concat([Buffer.from("n,,n="), Buffer.of(0xff), Buffer.from(",r=x")]);

    expect(anExchange().exchange.next(bytes)).toEqual(refused("the client's first message is malformed"));
  });

  it.each([
    ["nothing", "", "the client's final message is malformed"],
    ["no proof", CLIENT_FINAL.replace(/,p=.*/, ""), "the client's final message is malformed"],
    [
      "a proof that is not base64",
      CLIENT_FINAL.replace(/p=.*/, "p=!"),
      "the client's final message is malformed",
    ],
    ["another nonce", CLIENT_FINAL.replace("r=rOpr", "r=xOpr"), "the nonce is not the one agreed on"],
    ["only its own nonce", CLIENT_FINAL.replace(SERVER_NONCE, ""), "the nonce is not the one agreed on"],
    ["another channel binding flag", CLIENT_FINAL.replace("biws", "eSws"), "the channel binding differs"],
  ])("refuses %s in the final message, and is over", (_what, final, detail) => {
    const { exchange } = anExchange();

    expect(say(exchange, CLIENT_FIRST, final)).toEqual(refused(detail));
    expect(say(exchange, CLIENT_FINAL)).toEqual(refused("a SCRAM message was expected"));
  });

  it("accepts once", () => {
    expect(say(anExchange().exchange, CLIENT_FIRST, CLIENT_FINAL, CLIENT_FINAL)).toEqual(
      refused("a SCRAM message was expected"),
    );
  });

  it("refuses to begin without data", () => {
    expect(anExchange().exchange.next(undefined)).toEqual(refused("a SCRAM message was expected"));
  });

  it("answers whatever bytes come, and lets nobody in by chance", () => {
    const part = fc.constantFrom(
      "n,,",
      "y,,",
      "n=",
      "r=",
      "c=biws",
      "p=",
      ",",
      "=2C",
      "a=",
      "m=",
      "user",
      "\0",
      SERVER_NONCE,
    );
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc.array(part, { maxLength: 12 }).map((parts) => Buffer.from(parts.join(""))),
    );

    fc.assert(
      fc.property(fc.array(message, { maxLength: 3 }), fc.boolean(), (messages, isKnown) => {
        const { exchange } = anExchange({ isKnown });
        const kinds = messages.map((data) => exchange.next(data).kind);
        expect(kinds).not.toContain("accepted");
      }),
    );
  });
});
