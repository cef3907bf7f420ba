// What was started and goes on after its turn: a job's run, a long question.

import { button, copyButton, element, link, moment, webAddress } from "./dom.js";

const LOOK = { job_run: "poll_databricks_job", genie_question: "fetch_genie_answer" };
const STOP = { job_run: "terminate_databricks_job", genie_question: "withdraw_genie_question" };
const GOOD = /^(succeeded|answered|done|ended)$/;

/** Make the card of an operation, with what can be done about it. */
export function operationCard(operation, acts) {
  const page = webAddress(operation.url) && link(operation.url, "Open the run");
  const started = operation.launched_at ? element("span", { class: "hint" }, "started ", moment(operation.launched_at)) : null;
  return element("section", { class: "operation", "aria-label": `${operation.title}, run ${operation.run_id}` },
    element("div", { class: "operation-title" }, element("strong", {}, operation.title), state(operation)),
    element("p", {}, "Run ", element("code", {}, operation.run_id), " ", copyButton(operation.run_id, "the run's id"), " ", started),
    element("div", { class: "buttons" },
      page || null,
      operation.is_final ? null : button("Check status", { class: "small" }, () => acts.ask(`What is the status of run ${operation.run_id}?`)),
      operation.is_final || operation.is_cancel_requested
        ? null : button("Cancel", { class: "small danger" }, () => acts.ask(`Cancel run ${operation.run_id}`))));
}

/** Make the state of an operation, in words and in a colour. */
export function state(operation) {
  const words = operation.is_cancel_requested && !operation.is_final ? "cancel requested" : operation.state.replaceAll("_", " ");
  const kind = !operation.is_final ? "going-on" : GOOD.test(operation.state) ? "good" : "bad";
  return element("span", { class: `state ${kind}` }, words);
}
