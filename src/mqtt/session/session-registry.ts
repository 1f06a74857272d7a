import type { ClientId, TopicFilter } from "../../base/ids.ts";
import { NEVER_EXPIRES } from "../../base/session-expiry.ts";
import type { SubscriptionOptions } from "../../base/subscription-options.ts";
import type { CommitWaiter, MqttOptions, MqttPorts, StoredSession, Will } from "../ports.ts";
import { Deadlines } from "./deadlines.ts";
import { Session, type SessionLimits, type SessionLink } from "./session.ts";

/** What a CONNECT asks of the sessions, after it was authenticated. */
export interface AttachRequest {
  readonly clientId: ClientId;
  readonly user: string;
  readonly cleanStart: boolean;
  /** Seconds, capped by the server. */
  readonly expiryInterval: number;
  readonly will: Will | undefined;
}

export type AttachAnswer = (session: Session, isPresent: boolean) => void;

/** Sessions ended, wills published, or ends noted, in one turn of the event loop: a few milliseconds. */
const SLICE = 100;

/**
 * All sessions by client id: one at a time may be attached, the latest wins. Ends what expired and publishes the
 * wills that fell due.
 */
export class SessionRegistry {
  readonly #ports: MqttPorts;
  readonly #limits: SessionLimits;
  readonly #sessions = new Map<ClientId, Session>();
  /** CONNECTs whose session is being stored. */
  readonly #pending = new Map<ClientId, PendingAttach>();
  /** Sessions that have ended, but not on disk yet: after a crash they would be back. */
  readonly #ending = new Map<ClientId, CommitWaiter>();
  readonly #expiries: Deadlines<ClientId>;
  readonly #wills: Deadlines<ClientId>;
  #onlineCount = 0;
  /** The rest of a slice waits for its turn. */
  #isSweeping = false;
  #lastTurn = 0;

  constructor(ports: MqttPorts, options: MqttOptions) {
    this.#ports = ports;
    this.#limits = limitsOf(options, ports);
    const now = ports.clock.now();
    this.#expiries = new Deadlines(now, (clientId) => this.#expire(clientId));
    this.#wills = new Deadlines(now, (clientId) => this.#publishWillOf(clientId));
  }

  get count(): number {
    return this.#sessions.size;
  }

  get onlineCount(): number {
    return this.#onlineCount;
  }

  /** Sessions and wills that wait for their time. */
  get deadlineCount(): number {
    return this.#expiries.size + this.#wills.size;
  }

  sessions(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Whether somebody else's session has this client id: it is not taken over or wiped. */
  belongsToAnother(clientId: ClientId, user: string): boolean {
    const session = this.#sessions.get(clientId);
    return session !== undefined && session.user !== user;
  }

  /** For a CONNECT that arrives: the latest wins, however long each takes to authenticate. */
  nextTurn(): number {
    return ++this.#lastTurn;
  }

  /** Gives the connection its session, new or found; `answer` runs once that is durable, unless it is overtaken. */
  attach(link: SessionLink, request: AttachRequest, answer: AttachAnswer): void {
    const { clientId } = request;
    const rival = this.#pending.get(clientId)?.link ?? this.#sessions.get(clientId)?.link;
    if (rival !== undefined && rival.turn > link.turn) {
      link.takenOver(); // by one that came later and was authenticated sooner
      return;
    }
    rival?.takenOver(); // detaches it [MQTT-3.1.4-3]
    this.#pending.delete(clientId);
    this.#catchUp(clientId);
    const existing = this.#sessions.get(clientId);
    if (request.cleanStart && existing !== undefined) this.#publishPendingWill(existing);
    const isPresent = existing !== undefined && !request.cleanStart;
    if (request.expiryInterval > 0 || isPresent) {
      this.#openDurable(link, request, isPresent, answer);
      return;
    }
    const open = (): void => this.#openTransient(link, request, answer);
    if (existing === undefined && !this.#ending.has(clientId)) open();
    else this.#discard(clientId, this.#expect(link, clientId, open)); // [MQTT-3.1.2-4]
  }

  /**
   * The connection of a session is gone. `expiryInterval` is what DISCONNECT may have changed it to. A graceful end
   * removes the will [MQTT-3.1.2-10].
   */
  detach(link: SessionLink, session: Session, expiryInterval: number, isGraceful: boolean): void {
    if (session.link !== link) return;
    this.#onlineCount--;
    const will = isGraceful ? undefined : session.will;
    if (session.stored === undefined) {
      session.detach();
      this.#remove(session);
      if (will !== undefined) this.#publish(will, undefined);
      return;
    }
    this.#ports.journal.close(session.stored, expiryInterval, will !== undefined);
    session.detach();
    if (will !== undefined) this.#scheduleWill(session, will, expiryInterval);
    if (expiryInterval === 0) this.#discard(session.id);
    else this.#scheduleExpiry(session.id, expiryInterval, this.#ports.clock.now());
  }

  /** Ends sessions and publishes wills that fell due, a slice per turn: call about once a second. */
  advance(): void {
    const { clock } = this.#ports;
    const now = clock.now();
    const hasMoreWills = this.#wills.advance(now, SLICE);
    const hasMoreExpiries = this.#expiries.advance(now, SLICE);
    if (this.#isSweeping || !(hasMoreWills || hasMoreExpiries)) return;
    this.#isSweeping = true;
    clock.after(0, () => {
      this.#isSweeping = false;
      this.advance();
    });
  }

  /** The state machine has a session: opened by a CONNECT, or found in the store at start. */
  sessionOpened(stored: StoredSession): void {
    const known = this.#sessions.get(stored.clientId);
    if (known?.stored === stored) return;
    if (known !== undefined) this.#remove(known);
    const session = this.#create(stored.clientId, stored.user, stored);
    for (const [topicFilter, options] of stored.subscriptions) session.addRoute(topicFilter, options);
  }

  subscribed(stored: StoredSession, topicFilter: TopicFilter, options: SubscriptionOptions): void {
    this.#sessions.get(stored.clientId)?.addRoute(topicFilter, options);
  }

  unsubscribed(stored: StoredSession, topicFilter: TopicFilter): void {
    this.#sessions.get(stored.clientId)?.removeRoute(topicFilter);
  }

  /** All sessions were read back: those that were connected when the process ended have lost their connection now. */
  startClocks(): void {
    const now = this.#ports.clock.now();
    const cutOff: Session[] = [];
    for (const session of this.#sessions.values()) {
      const { stored } = session;
      if (stored === undefined) continue;
      const wasConnected = stored.disconnectedAt === 0;
      const since = wasConnected ? now : stored.disconnectedAt;
      if (stored.will !== undefined) this.#wills.set(session.id, since + stored.will.delayInterval * 1000);
      if (wasConnected) cutOff.push(session);
      if (stored.expiryInterval === 0) this.#expiries.set(session.id, now);
      else this.#scheduleExpiry(session.id, stored.expiryInterval, since);
    }
    this.#noteEnds(cutOff);
  }

  /** A slice per turn: whoever has come back, or whose session has ended, since the start is left alone. */
  #noteEnds(cutOff: Session[]): void {
    for (const { id, stored } of cutOff.splice(-SLICE * 10)) {
      const session = this.#sessions.get(id);
      if (stored === undefined || session?.stored !== stored || stored.disconnectedAt !== 0) continue;
      if (session.link !== undefined || this.#pending.has(id)) continue;
      this.#ports.journal.close(stored, stored.expiryInterval, stored.will !== undefined);
    }
    if (cutOff.length > 0) this.#ports.clock.after(0, () => this.#noteEnds(cutOff));
  }

  /** The state machine has dropped a session. */
  sessionDeleted(stored: StoredSession): void {
    const session = this.#sessions.get(stored.clientId);
    if (session?.stored === stored) this.#remove(session);
  }

  #openDurable(link: SessionLink, request: AttachRequest, isPresent: boolean, answer: AttachAnswer): void {
    const pending = this.#expect(link, request.clientId, () => {
      const session = this.#sessions.get(request.clientId) as Session;
      this.#expiries.cancel(request.clientId);
      this.#bind(session, link);
      answer(session, isPresent);
    });
    this.#wills.cancel(request.clientId); // resumed in time [MQTT-3.1.3-9]
    if (!isPresent) {
      const transient = this.#sessions.get(request.clientId);
      if (transient !== undefined && transient.stored === undefined) this.#remove(transient);
    }
    this.#ports.journal.open(request, pending, 0);
  }

  #openTransient(link: SessionLink, { clientId, user, will }: AttachRequest, answer: AttachAnswer): void {
    const session = this.#create(clientId, user, undefined);
    session.transientWill = will;
    this.#bind(session, link);
    answer(session, false);
  }

  /** Goes on with a CONNECT when what it changed is durable, unless another one has overtaken it. */
  #expect(link: SessionLink, clientId: ClientId, goOn: () => void): PendingAttach {
    const pending = new PendingAttach(link, () => {
      if (this.#pending.get(clientId) !== pending) return;
      this.#pending.delete(clientId);
      goOn();
    });
    this.#pending.set(clientId, pending);
    return pending;
  }

  #bind(session: Session, link: SessionLink): void {
    this.#onlineCount++;
    session.attach(link);
  }

  #create(clientId: ClientId, user: string, stored: StoredSession | undefined): Session {
    const session = new Session({ clientId, user }, stored, this.#ports, this.#limits);
    this.#sessions.set(clientId, session);
    return session;
  }

  #remove(session: Session): void {
    session.removeRoutes();
    if (this.#sessions.get(session.id) === session) this.#sessions.delete(session.id);
    this.#expiries.cancel(session.id);
    this.#wills.cancel(session.id);
  }

  #scheduleExpiry(clientId: ClientId, expiryInterval: number, since: number): void {
    if (expiryInterval === NEVER_EXPIRES) return;
    this.#expiries.set(clientId, since + expiryInterval * 1000);
  }

  #scheduleWill(session: Session, will: Will, expiryInterval: number): void {
    const delayInterval = Math.min(will.delayInterval, expiryInterval); // [MQTT-3.1.2-8]
    if (delayInterval === 0) this.#publishWillOf(session.id);
    else this.#wills.set(session.id, this.#ports.clock.now() + delayInterval * 1000);
  }

  #publishWillOf(clientId: ClientId): void {
    const session = this.#sessions.get(clientId);
    if (session?.will !== undefined) this.#publish(session.will, session.stored);
  }

  /** Message Expiry counts from now on (MQTT 5 §3.1.3.2.4). */
  #publish({ message }: Will, willOf: StoredSession | undefined): void {
    const now = this.#ports.clock.now();
    const expiresAt = message.expiresAt === 0 ? 0 : now + message.expiresAt - message.receivedAt;
    this.#ports.routing.publishWill({ ...message, receivedAt: now, expiresAt }, willOf);
  }

  /** What fell due since `advance` last ran, or while no process ran, happens before somebody resumes the session. */
  #catchUp(clientId: ClientId): void {
    const session = this.#sessions.get(clientId);
    const stored = session?.stored;
    if (session === undefined || stored === undefined || stored.disconnectedAt === 0) return;
    const absentMs = this.#ports.clock.now() - stored.disconnectedAt;
    const { will, expiryInterval } = stored;
    if (will !== undefined && absentMs >= will.delayInterval * 1000) this.#publishPendingWill(session); // [MQTT-3.1.2-8]
    if (expiryInterval !== NEVER_EXPIRES && absentMs >= expiryInterval * 1000) this.#expire(clientId); // [MQTT-4.1.0-2]
  }

  /** The session ends while its will still waits: it is published now [MQTT-3.1.2-8]. */
  #publishPendingWill(session: Session): void {
    if (this.#wills.cancel(session.id)) this.#publishWillOf(session.id);
  }

  #expire(clientId: ClientId): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined || session.link !== undefined || this.#pending.has(clientId)) return;
    this.#publishPendingWill(session);
    this.#ports.counters.sessionsExpired++;
    this.#discard(clientId);
  }

  #discard(clientId: ClientId, pending?: PendingAttach): void {
    const waiter: CommitWaiter = {
      committed: () => {
        if (this.#ending.get(clientId) === waiter) this.#ending.delete(clientId);
        pending?.committed();
      },
    };
    this.#ending.set(clientId, waiter);
    this.#ports.journal.discard(clientId, waiter, 0);
  }
}

/** One object for all sessions. */
function limitsOf(options: MqttOptions, ports: MqttPorts): SessionLimits {
  return {
    mayRefuse: options.whenFull === "reject",
    maximumMessages: options.maximumQueuedMessages,
    maximumBytes: options.maximumQueuedBytes,
    dropsOldest: options.whenFull === "dropOldest",
    budget: ports.transientBudget,
    missed: (reason, queue) => ports.queueLost(reason, queue),
  };
}

class PendingAttach implements CommitWaiter {
  readonly link: SessionLink;
  readonly committed: () => void;

  constructor(link: SessionLink, committed: () => void) {
    this.link = link;
    this.committed = committed;
  }
}
