// Markdown within a line, as nodes. See markdown.js.

import { element, link } from "./dom.js";

const ESCAPABLE = /[!-/:-@[-`{-~]/;
const ADDRESS = /^https?:\/\/[^\s<>"'`|\\]+/;
const TARGET = /^\(\s*<?((?:[^\s<>()]|\([^\s<>()]*\))*)>?(?:\s+"[^"]*")?\s*\)/;
const MARKS = [["**", "strong"], ["__", "strong"], ["~~", "del"], ["*", "em"], ["_", "em"]];

/** Return the nodes of a line; whatever is not understood is shown as it is. */
export function inline(text) {
  return new Line(text).nodes();
}

class Line {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.plain = "";
    this.found = [];
  }

  nodes() {
    while (this.at < this.text.length) {
      if (!(this.escape() || this.code() || this.link() || this.address() || this.mark())) {
        this.plain += this.text[this.at];
        this.at += 1;
      }
    }
    this.leavePlain();
    return this.found;
  }

  add(node, end) {
    this.leavePlain();
    this.found.push(node);
    this.at = end;
    return true;
  }

  leavePlain() {
    if (this.plain) this.found.push(this.plain);
    this.plain = "";
  }

  escape() {
    const next = this.text[this.at + 1] ?? "";
    if (this.text[this.at] !== "\\") return false;
    if (next === "\n") return this.add(element("br"), this.at + 2);
    if (!ESCAPABLE.test(next)) return false;
    this.plain += next;
    this.at += 2;
    return true;
  }

  code() {
    const ticks = /^`+/.exec(this.text.slice(this.at))?.[0];
    if (!ticks) return false;
    const begin = this.at + ticks.length;
    const end = closingTicks(this.text, ticks.length, begin);
    if (end < 0) {
      this.plain += ticks;
      this.at = begin;
      return true;
    }
    let words = this.text.slice(begin, end).replaceAll("\n", " ");
    if (/^ .*[^ ].* $/.test(words)) words = words.slice(1, -1);
    return this.add(element("code", {}, words), end + ticks.length);
  }

  link() {
    const picture = this.text.startsWith("![", this.at) ? 1 : 0;
    if (this.text[this.at + picture] !== "[") return false;
    const middle = closingBracket(this.text, this.at + picture);
    const target = middle < 0 ? null : TARGET.exec(this.text.slice(middle + 1));
    if (!target) return false;
    // Pictures are not loaded: asking for one would tell its server of this answer.
    const words = inline(this.text.slice(this.at + picture + 1, middle));
    const made = link(target[1], ...words);
    made.title = target[1];
    return this.add(made, middle + 1 + target[0].length);
  }

  address() {
    const bracket = this.text[this.at] === "<" ? 1 : 0;
    if (!bracket && /\w/.test(this.text[this.at - 1] ?? "")) return false;
    let found = ADDRESS.exec(this.text.slice(this.at + bracket))?.[0];
    if (!found || (bracket && this.text[this.at + 1 + found.length] !== ">")) return false;
    if (!bracket) found = withoutEnd(found);
    return this.add(link(found, found), this.at + found.length + 2 * bracket);
  }

  mark() {
    for (const [mark, tag] of MARKS) {
      if (!this.text.startsWith(mark, this.at)) continue;
      const begin = this.at + mark.length;
      if (mark[0] === "_" && /\w/.test(this.text[this.at - 1] ?? "")) continue;
      const end = closingMark(this.text, mark, begin);
      if (end < 0) continue;
      return this.add(element(tag, {}, ...inline(this.text.slice(begin, end))), end + mark.length);
    }
    return false;
  }
}

function closingTicks(text, count, from) {
  const runs = /`+/g;
  runs.lastIndex = from;
  for (let run = runs.exec(text); run; run = runs.exec(text)) {
    if (run[0].length === count) return run.index;
  }
  return -1;
}

function closingBracket(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "[") depth += 1;
    else if (text[at] === "]" && (depth -= 1) === 0) return at;
  }
  return -1;
}

/** Return where an emphasis ends; code inside it is passed over. */
function closingMark(text, mark, from) {
  if (!text[from] || /\s/.test(text[from])) return -1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") {
      at += 1;
    } else if (text[at] === "`") {
      const count = /^`+/.exec(text.slice(at))[0].length;
      const end = closingTicks(text, count, at + count);
      at = (end < 0 ? at : end) + count - 1;
    } else if (at > from && text.startsWith(mark, at) && !/\s/.test(text[at - 1])) {
      const isDouble = mark.length === 1 && text[at + 1] === mark;
      const isInWord = mark[0] === "_" && /\w/.test(text[at + mark.length] ?? "");
      if (isDouble) at += 1;
      else if (!isInWord) return at;
    }
  }
  return -1;
}

/** Return an address without what belongs to the sentence around it. */
function withoutEnd(address) {
  const short = address.replace(/[.,;:!?*_~]+$/, "");
  return short.endsWith(")") && !short.includes("(") ? withoutEnd(short.slice(0, -1)) : short;
}
