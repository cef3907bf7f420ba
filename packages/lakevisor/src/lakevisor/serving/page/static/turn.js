// One request and its answer, until it is there.
//
// A request keeps its id however often it is sent: the server then finds the turn or its stored
// answer, and starts nothing twice. So what is only late (the connection broke off, the thread is
// busy, the server restarts) is sent again here, and the rest when the person wants it.

import { ConnectionLost, Refused, streamed } from "./api.js";

const PATIENCE_SECONDS = 900;
const PAUSES_SECONDS = [0.5, 1, 2, 4, 8];
const LATE = {
  connection_lost: "The connection was lost; looking for the answer …",
  turn_running: "Still being worked on …",
  thread_busy: "Another request of this conversation is being worked on …",
  server_stopping: "The server restarts …",
  not_ready: "The server starts …",
  lease_lost: "Another server takes it over …",
};

/**
 * Make a request, with an id of its own.
 *
 * @param {string} threadId
 * @param {string|Array} input what the person says.
 * @param {Object} action the tool that is meant, with `name` and `arguments`: no model is asked.
 */
export function newRequest(threadId, input, action = undefined) {
  return {
    input,
    custom_inputs: { thread_id: threadId, request_id: crypto.randomUUID(), action },
  };
}

/**
 * Have a request answered, and show it as it comes.
 *
 * @param {Object} request of `newRequest`.
 * @param {Object} view `begin()` empties it, `show(event)`, `wait(words)`.
 * @returns the response.
 * @throws {Refused} what sending it again by itself does not help.
 */
export async function answered(request, view) {
  const until = Date.now() + PATIENCE_SECONDS * 1000;
  for (let attempt = 0; ; attempt += 1) {
    view.begin();
    try {
      return await answeredOnce(request, view);
    } catch (error) {
      const words = LATE[error.code];
      if (!(error instanceof Refused) || !words || Date.now() > until) throw error;
      view.wait(words);
      const pause = PAUSES_SECONDS[Math.min(attempt, PAUSES_SECONDS.length - 1)];
      await passed(Math.max(error.retryAfter ?? 0, pause));
    }
  }
}

async function answeredOnce(request, view) {
  for await (const event of streamed(request)) {
    if (event.type === "response.completed") return event.response;
    if (event.type === "error") {
      throw new Refused(event.message, { code: event.code, correlationId: event.correlation_id });
    }
    view.show(event);
  }
  throw new ConnectionLost();
}

const passed = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
