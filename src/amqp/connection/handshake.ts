import type { ByteStream } from "../../base/byte-stream.ts";
import { AmqpConnectionError } from "../codec/amqp-error.ts";
import { SMALLEST_FRAME_MAX } from "../codec/frames.ts";
import {
  type ConnectionOpen,
  type ConnectionStartOk,
  type ConnectionTuneOk,
  METHOD_IDS,
  type Method,
} from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import type { AmqpOptions, AmqpPorts, Identity, VirtualHost } from "../ports.ts";
import { checkLogin, type Login, mechanismsFor, readLogin } from "./login.ts";
import {
  type ClientProperties,
  readClientProperties,
  serverProperties,
  UNKNOWN_CLIENT,
} from "./server-properties.ts";
import { agree, type Tuning, toTune } from "./tuning.ts";

export interface HandshakePorts {
  readonly stream: ByteStream;
  readonly ports: AmqpPorts;
  readonly options: AmqpOptions;
  send(method: Method): void;
  /** A login is being checked: nothing is read until it is. */
  setWaiting(isWaiting: boolean): void;
  tuned(tuning: Tuning): void;
  /** The virtual host is there; open-ok follows. */
  opened(): void;
  /** `isTold`: the client wants to be told by a connection.close. */
  loginRefused(error: AmqpConnectionError, userName: string, isTold: boolean): void;
  failed(error: unknown, failing: number): void;
}

const Step = {
  Begin: 0,
  AwaitingStartOk: 1,
  LoggingIn: 2,
  AwaitingTuneOk: 3,
  AwaitingOpen: 4,
  Over: 5,
} as const;
type Step = (typeof Step)[keyof typeof Step];

/** From the protocol header to open-ok (AMQP 0-9-1 §2.2.4): who the client is, what both keep to, where it works. */
export class Handshake implements Identity {
  readonly clientId: Identity["clientId"];
  readonly #ports: HandshakePorts;
  #step: Step = Step.Begin;
  #client: ClientProperties = UNKNOWN_CLIENT;
  #user = "";
  #userName = "";
  #tuning: Tuning = { channelMax: 0, frameMax: SMALLEST_FRAME_MAX, heartbeatMs: 0 };
  #host: VirtualHost | undefined;

  constructor(clientId: Identity["clientId"], ports: HandshakePorts) {
    this.clientId = clientId;
    this.#ports = ports;
  }

  get client(): ClientProperties {
    return this.#client;
  }

  /** "" for who came without a user name of ours. */
  get user(): string {
    return this.#user;
  }

  /** As the client gave it. */
  get userName(): string {
    return this.#userName;
  }

  get tuning(): Tuning {
    return this.#tuning;
  }

  /** Undefined until it is open. */
  get host(): VirtualHost | undefined {
    return this.#host;
  }

  begin(): void {
    const { stream, options } = this.#ports;
    this.#step = Step.AwaitingStartOk;
    this.#ports.send({
      kind: "connection.start",
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: serverProperties(options),
      mechanisms: Buffer.from(mechanismsFor(stream)),
      locales: Buffer.from("en_US"),
    });
  }

  /** Returns false for a method that has no place here now. */
  take(method: Method): boolean {
    if (method.kind === "connection.start-ok" && this.#step === Step.AwaitingStartOk)
      this.#startLogin(method);
    else if (method.kind === "connection.tune-ok" && this.#step === Step.AwaitingTuneOk) this.#tune(method);
    else if (method.kind === "connection.open" && this.#step === Step.AwaitingOpen) this.#open(method);
    else return false;
    return true;
  }

  /** The connection ends: a login that is being checked leads nowhere. */
  end(): void {
    this.#step = Step.Over;
  }

  #startLogin({ clientProperties, mechanism, response }: ConnectionStartOk): void {
    this.#client = readClientProperties(clientProperties);
    const login = readLogin(mechanism, response, this.#ports.stream);
    this.#step = Step.LoggingIn;
    this.#ports.setWaiting(true);
    void this.#login(login, mechanism);
  }

  async #login(login: Login, mechanism: string): Promise<void> {
    const { stream, ports, options } = this.#ports;
    try {
      const result = await checkLogin(login, this.clientId, stream, ports.authorization);
      if (this.#step !== Step.LoggingIn) return;
      this.#ports.setWaiting(false);
      if (!result.accepted) {
        this.#refuseLogin(login.userName, mechanism);
        return;
      }
      this.#user = result.user;
      this.#userName = login.userName;
      this.#step = Step.AwaitingTuneOk;
      this.#ports.send(toTune(options));
    } catch (error) {
      this.#ports.failed(error, METHOD_IDS["connection.start-ok"]);
    }
  }

  #refuseLogin(userName: string, mechanism: string): void {
    const detail = `Login was refused using authentication mechanism ${mechanism}`;
    const error = new AmqpConnectionError(ReplyCode.AccessRefused, detail);
    this.#step = Step.Over;
    this.#ports.loginRefused(error, userName, this.#client.wantsLoginFailure);
  }

  #tune(method: ConnectionTuneOk): void {
    this.#tuning = agree(method, this.#ports.options);
    this.#step = Step.AwaitingOpen;
    this.#ports.tuned(this.#tuning);
  }

  #open({ virtualHost }: ConnectionOpen): void {
    this.#host = this.#ports.ports.hosts.get(virtualHost);
    if (this.#host === undefined) {
      const detail = `vhost ${virtualHost} not found`;
      throw new AmqpConnectionError(ReplyCode.NotAllowed, detail, METHOD_IDS["connection.open"]);
    }
    this.#step = Step.Over;
    this.#ports.opened();
    this.#ports.send({ kind: "connection.open-ok" });
  }
}
