// Answers are Markdown; here it becomes elements, and nothing in it becomes anything else.
//
// It is the part of CommonMark and of GitHub's tables that answers use. HTML in an answer is text,
// pictures are links, and links lead to web pages alone. A text that is not whole yet is shown as
// far as it has come.

import { element } from "./dom.js";
import { inline } from "./inline.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/;
const RULE = /^ {0,3}(?:-(?:\s*-){2,}|\*(?:\s*\*){2,}|_(?:\s*_){2,})\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,8})([-*+]|\d{1,9}[.)])(\s+|$)/;
const DELIMITER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const MOST_NESTED = 8;

/** Return a text as nodes. */
export function markdown(text) {
  try {
    return blocks(text.replaceAll("\r\n", "\n").split("\n"), 0);
  } catch (error) {
    // Nested without end, to break whoever reads it: then it is shown as it is written.
    if (!(error instanceof RangeError)) throw error;
    return [element("pre", {}, text)];
  }
}

function blocks(lines, depth) {
  const found = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const reader = depth < MOST_NESTED ? READERS.find((each) => each.begins(lines, at)) : undefined;
    const [node, next] = (reader?.read ?? paragraph)(lines, at, depth);
    found.push(node);
    at = next;
  }
  return found;
}

const READERS = [
  { begins: (lines, at) => FENCE.test(lines[at]), read: fence },
  { begins: (lines, at) => HEADING.test(lines[at]), read: heading },
  { begins: (lines, at) => RULE.test(lines[at]), read: (_, at) => [element("hr"), at + 1] },
  { begins: (lines, at) => QUOTE.test(lines[at]), read: quote },
  { begins: (lines, at) => ITEM.test(lines[at]), read: list },
  { begins: isTable, read: table },
];

function fence(lines, at) {
  const [, mark, language] = FENCE.exec(lines[at]);
  const isEnd = (line) => line.trim().startsWith(mark) && /^[`~]+$/.test(line.trim());
  let end = at + 1;
  while (end < lines.length && !isEnd(lines[end])) end += 1;
  const code = element("code", { class: language ? `language-${language}` : undefined }, lines.slice(at + 1, end).join("\n"));
  return [element("pre", { tabindex: "0" }, code), end + 1];
}

function heading(lines, at) {
  const [, marks, words] = HEADING.exec(lines[at]);
  // The page has the first two levels for itself.
  return [element(`h${Math.min(marks.length + 2, 6)}`, {}, ...inline(words)), at + 1];
}

function quote(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [element("blockquote", {}, ...blocks(inner, depth + 1)), end];
}

function list(lines, at, depth) {
  const [, margin, mark] = ITEM.exec(lines[at]);
  const isOrdered = /\d/.test(mark);
  const made = element(isOrdered ? "ol" : "ul", { start: isOrdered && parseInt(mark, 10) });
  let next = at;
  while (next < lines.length) {
    const item = ITEM.exec(lines[next]);
    if (!item || item[1].length > margin.length + 1 || /\d/.test(item[2]) !== isOrdered) break;
    const [inner, end] = itemLines(lines, next, item[0].length);
    made.append(element("li", {}, ...withoutLoneParagraph(blocks(inner, depth + 1))));
    next = end;
  }
  return [made, next];
}

/** Return the lines of an item without their margin, and where the next thing begins. */
function itemLines(lines, at, indent) {
  const inner = [lines[at].slice(indent)];
  let end = at + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    const margin = line.length - line.trimStart().length;
    const isBlank = !line.trim();
    const next = lines[end + 1] ?? "";
    if (isBlank && !(next.trim() && next.length - next.trimStart().length >= Math.min(indent, 2))) break;
    if (!isBlank && margin < Math.min(indent, 2) && (ITEM.test(line) || !lines[end - 1].trim())) break;
    inner.push(line.slice(Math.min(margin, indent)));
  }
  while (end < lines.length && !lines[end].trim() && ITEM.test(lines[end + 1] ?? "")) end += 1;
  return [inner, end];
}

function withoutLoneParagraph(nodes) {
  const [first, ...others] = nodes;
  return first?.tagName === "P" ? [...first.childNodes, ...others] : nodes;
}

function isTable(lines, at) {
  const delimiter = lines[at + 1] ?? "";
  if (!lines[at].includes("|") || !delimiter.includes("-") || !DELIMITER.test(delimiter)) return false;
  return cells(lines[at]).length === cells(delimiter).length;
}

function table(lines, at) {
  const sides = cells(lines[at + 1]).map((each) =>
    each.endsWith(":") ? (each.startsWith(":") ? "middle" : "right") : undefined);
  const row = (line, tag) => {
    const found = cells(line);
    const scope = tag === "th" ? "col" : undefined;
    return element("tr", {}, ...sides.map((side, column) =>
      element(tag, { class: side, scope }, ...inline(found[column] ?? ""))));
  };
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|") && lines[end].trim()) end += 1;
  const head = element("thead", {}, row(lines[at], "th"));
  const body = element("tbody", {}, ...lines.slice(at + 2, end).map((line) => row(line, "td")));
  const frame = { class: "table", tabindex: "0", role: "region", "aria-label": "Table" };
  return [element("div", frame, element("table", {}, head, body)), end];
}

/** Return the cells of a line: a bar with a backslash before it is the cell's own. */
function cells(line) {
  const found = [""];
  const inner = line.trim().replace(/^\|/, "");
  for (let at = 0; at < inner.length; at += 1) {
    if (inner[at] === "\\") {
      found[found.length - 1] += inner.slice(at, at + 2);
      at += 1;
    } else if (inner[at] === "|") {
      found.push("");
    } else {
      found[found.length - 1] += inner[at];
    }
  }
  if (found.length > 1 && !found.at(-1).trim()) found.pop();
  return found.map((each) => each.trim());
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !READERS.some((each) => each.begins(lines, end))) end += 1;
  const words = lines.slice(at, end).map((line) => line.trimStart().replace(/ {2,}$/, "\\")).join("\n");
  return [element("p", {}, ...inline(words.replace(/\\$/, "").trimEnd())), end];
}
