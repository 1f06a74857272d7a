import { connect } from "node:net";

const ANSWER_TIMEOUT_MS = 2000;

/** Whether something on a loopback port accepts a connection and, when `request` is sent, answers it. */
export function isListening(port: number, request?: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => end(false));
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
    socket.once("connect", () => (request === undefined ? end(true) : socket.write(request)));
    socket.once("data", () => end(true));
  });
}
