// What the server is asked. Paths are relative: the page works below any address. No token is kept
// or sent here; who asks is known to the server from the proxy in front of it.

/** Something that the server, or the way to it, refused. */
export class Refused extends Error {
  constructor(message, { code = "", correlationId = "", retryAfter = null } = {}) {
    super(message);
    this.code = code;
    this.correlationId = correlationId;
    this.retryAfter = retryAfter;
  }
}

/** The connection broke off; whether the server goes on is not known. */
export class ConnectionLost extends Refused {
  constructor() {
    super("The connection to the server was lost.", { code: "connection_lost" });
  }
}

/** The proxy in front of the server no longer knows who this is. */
export class LoginEnded extends Refused {
  constructor() {
    super("Your login has ended. Load this page again; what you asked is kept.", { code: "login_ended" });
  }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", redirect: "manual", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ConnectionLost();
  }
  // Only a proxy leads elsewhere: to its login.
  if (answer.type === "opaqueredirect") throw new LoginEnded();
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  const told = await answer.json().catch(() => null);
  if (answer.status === 401 && !told?.error) return new LoginEnded();
  const after = Number(answer.headers.get("retry-after") ?? NaN);
  return new Refused(told?.error?.message ?? `The server answered ${answer.status}.`, {
    code: told?.error?.code ?? `http_${answer.status}`,
    correlationId: answer.headers.get("x-request-id") ?? "",
    retryAfter: Number.isFinite(after) ? after : null,
  });
}

async function askJson(path, options) {
  const answer = await ask(path, options);
  try {
    return await answer.json();
  } catch {
    throw new ConnectionLost();
  }
}

const named = encodeURIComponent;

export const starters = () => askJson("page/starters.json");
export const readiness = () => askJson("ready");
export const threads = (limit) => askJson(`threads?limit=${limit}`).then((told) => told.threads);
export const thread = (threadId) => askJson(`threads/${named(threadId)}`);
export const deleteThread = (threadId) => ask(`threads/${named(threadId)}`, { method: "DELETE" });
export const operations = (limit) => askJson(`operations?limit=${limit}`).then((told) => told.operations);
export const response = (responseId) => askJson(`responses/${named(responseId)}`);
export const downloadPath = (responseId) => `responses/${named(responseId)}/download`;

function withBody(body) {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Return the agents, each with its `name` and `actions`. */
export async function description() {
  const told = await askJson("responses", withBody({ input: [], custom_inputs: { action: "describe" } }));
  return told.custom_outputs.answers[0].data.agents;
}

/** Send a request and yield the events of its response as they come. */
export async function* streamed(body) {
  const answer = await ask("responses", withBody({ ...body, stream: true }));
  for await (const line of lines(answer.body)) {
    if (line === "data: [DONE]") return;
    if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
  }
  throw new ConnectionLost();
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    let piece;
    try {
      piece = await reader.read();
    } catch {
      throw new ConnectionLost();
    }
    if (piece.done) return;
    const found = (rest + piece.value).split("\n");
    rest = found.pop();
    yield* found;
  }
}
