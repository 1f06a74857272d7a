/** Session Expiry Interval of a session that does not expire by itself (MQTT 5 §3.1.2.11.2). */
export const NEVER_EXPIRES = 0xffffffff;
