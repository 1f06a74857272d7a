/** Written by mosquitto_passwd 2.0.11. */
export const MADE_BY_MOSQUITTO = [
  {
    user: "sensor",
    password: "correct horse",
    hash: "$7$101$owtFv9a4+lZd/BP7$3XGrgtsNDZYz+spnK5pvBNDDHYn2/WyF9IKTetTJL/LsPawfYz27iZA67a7P0T917YBPg1GFlVV2Mq8mfVP/cA==",
  },
  {
    user: "bare",
    password: "",
    hash: "$7$101$mk+ruf7GA2jgujnf$AsEk5hGF04Cffgqc5IuWMvMuYq/xmZM0aNcBTNlELJnOd1OzFUb6oh96ufA+L1VTUW5ykdykoDgx9jfbA8iTHw==",
  },
  {
    user: "old",
    password: "battery staple",
    hash: "$6$QBOS3PiJWXkkLiTh$V+0Uvuv2olaaiQu8ABM817qSw++HPPgqL62jLHPGJnCIG7MXuW7pwPm7knooZQn69+pmXv7EUw1CvAAW8+tpYw==",
  },
] as const;
