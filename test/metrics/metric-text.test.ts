import { describe, expect, it } from "vitest";
import { MetricText } from "../../src/metrics/metric-text.ts";

describe("the text of a metric", () => {
  it("has a line for each sample, with its labels", () => {
    const text = new MetricText("drops_total", { type: "counter", help: "Given up" });

    expect(text.write([[3, { queue: "a", reason: "full" }], [0]])).toBe(
      '# HELP drops_total Given up\n# TYPE drops_total counter\ndrops_total{queue="a",reason="full"} 3\ndrops_total 0\n',
    );
  });

  it("escapes what would end a label's value or a line", () => {
    const text = new MetricText("queue_messages", { type: "gauge", help: "a \\ and\na line" });

    expect(text.write([[1, { queue: 'a"b\\c\nd' }]])).toBe(
      '# HELP queue_messages a \\\\ and\\na line\n# TYPE queue_messages gauge\nqueue_messages{queue="a\\"b\\\\c\\nd"} 1\n',
    );
  });

  it("keeps its head while there is nothing to tell", () => {
    const text = new MetricText("bridges", { type: "gauge", help: "Bridges" });

    expect(text.write([])).toBe("# HELP bridges Bridges\n# TYPE bridges gauge\n");
  });
});
