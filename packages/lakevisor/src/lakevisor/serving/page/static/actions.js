// What a button does without a model being asked: tools that the server lets a person's program call.

import { description } from "./api.js";

const known = new Set();

/** Find out which actions there are; without them, buttons say in words what is wanted. */
export async function findActions() {
  for (const agent of await description()) {
    for (const { name } of agent.actions) known.add(name);
  }
}

/** Return an action as a request has it; undefined where there is no such one. */
export function action(name, given) {
  return known.has(name) ? { name, arguments: given } : undefined;
}
