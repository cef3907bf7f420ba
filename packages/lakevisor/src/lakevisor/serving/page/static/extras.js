// What comes with a part of an answer, below its words: by the names that its data has, so any
// agent's answer that has them is shown so. See docs/serving.md.

import { chart } from "./chart.js";
import { downloadPath } from "./api.js";
import { button, copyButton, element } from "./dom.js";
import { operationCard } from "./operations.js";

/**
 * Return what is shown below a part of an answer.
 *
 * @param {Object} part its `agent`, `text`, `data` and `operations`.
 * @param {Object} place the `response`, the `acts` of buttons, and the `root` that it is shown in.
 */
export function extras(part, { response, acts, root }) {
  const data = part.data ?? {};
  const operations = part.operations ?? [];
  offer(data.suggested_questions ?? [], root, acts);
  for (const each of operations) withoutLink(each.url, root);
  return [
    data.chart ? below(root.querySelector(".text .table"), chart(data.chart)) : null,
    proposal(data.proposal, acts),
    ...operations.map((each) => operationCard(each, acts)),
    footer(data, response, acts),
  ].filter(Boolean);
}

/** Make buttons of the further questions that stand in the words. */
function offer(questions, root, acts) {
  const offered = new Set(questions);
  for (const item of root.querySelectorAll(".text li")) {
    const words = item.textContent.trim();
    if (offered.has(words) && !item.querySelector("button")) {
      item.className = "offer";
      item.replaceChildren(button(words, { class: "suggestion" }, () => acts.ask(words)));
    }
  }
}

/** Put a chart below the table that it draws; returns it where there is none. */
function below(table, figure) {
  if (!table) return figure;
  table.after(figure);
  return null;
}

/** Take a link out of the words that the card below them has too. */
function withoutLink(address, root) {
  for (const made of root.querySelectorAll(".text p > a:only-child")) {
    if (made.href === address && made.parentNode.textContent === made.textContent) made.parentNode.remove();
  }
}

function proposal(told, acts) {
  if (!told) return null;
  const decide = (isApproved) => () => acts.decide(told.proposal_id, isApproved);
  return element("div", { class: "buttons proposal", role: "group", "aria-label": "Your decision" },
    button("Allow", { class: "primary" }, decide(true)),
    button("Deny", {}, decide(false)));
}

function footer(data, response, acts) {
  const parts = [source(data), download(data, response), feedback(data, acts)].filter(Boolean);
  return parts.length ? element("div", { class: "footer" }, ...parts) : null;
}

function download(data, response) {
  if (typeof data.download !== "string") return null;
  const rows = Number.isInteger(data.row_count) && !data.is_truncated ? ` of ${data.row_count.toLocaleString()} rows` : "";
  const attributes = { href: downloadPath(response.id), download: "", class: "action", "aria-label": `Download the CSV${rows}` };
  return element("a", attributes, "Download CSV");
}

/** Make thumbs up and down, for the answer that they would be about: the latest. */
function feedback(data, acts) {
  if (!data.message_id) return null;
  for (const earlier of document.querySelectorAll(".feedback")) earlier.remove();
  const made = element("div", { class: "feedback", role: "group", "aria-label": "Was this a good answer?" });
  const rate = (isGood) => async () => made.replaceChildren(element("span", { class: "hint" }, await acts.rate(isGood)));
  made.append(
    button("", { class: "quiet thumb", "aria-label": "Good answer", title: "Good answer" }, rate(true)),
    button("", { class: "quiet thumb down", "aria-label": "Bad answer", title: "Bad answer" }, rate(false)));
  return made;
}

/** Say where an answer comes from, for who wants to check it. */
function source(data) {
  const facts = [
    ["Space", data.space],
    ["Asked", data.question],
    ["Rows", rows(data)],
    ["Tables", (data.tables ?? []).join(", ")],
    ["Ran", data.ran_at ? new Date(data.ran_at).toLocaleString() : null],
    ["Statement", data.statement_id ? element("code", {}, data.statement_id) : null],
  ].filter(([, value]) => value);
  if (!data.sql && !data.ran_at) return null;
  const listed = facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  const title = data.sql ? "SQL and source" : "Source";
  return element("details", { class: "source" },
    element("summary", { class: "action" }, title),
    element("dl", {}, ...listed),
    data.sql ? sql(data) : null);
}

function rows(data) {
  if (!Number.isInteger(data.row_count)) return null;
  const count = data.row_count.toLocaleString();
  return data.is_truncated ? `more than ${count}` : count;
}

function sql(data) {
  const values = Object.entries(data.parameters ?? {}).map(([name, value]) => `-- :${name} = ${value}`);
  const text = [data.sql, ...values].join("\n");
  return element("div", { class: "code" },
    copyButton(text, "the SQL"),
    element("pre", { tabindex: "0", "aria-label": "SQL" }, element("code", {}, text)));
}
