// The reference flow of bench/flow.py as an XState machine, written as its documentation shows: a state per action, `always` for what waits for nobody,
// guards for decisions, `assign` for data. First line of output: the commands of one call. Then a line in is a number of calls, a line out their seconds.
import { createInterface } from "node:readline";
import { assign, createActor, createMachine } from "xstate";

const spoken = (texts) => texts.reduce((ms, text) => ms + 3000 + 120 * text.length, 0);
const tell = (command) => ({ context, event }) => context.told.push(command(context, event.at ?? 0));
const say = tell((c, at) => ["Say", [...c.audio], at + spoken(c.audio) + 10000]);

const machine = createMachine({
  context: ({ input }) => ({
    told: [], audio: ["Thank you for calling."], ani: input.ani, number: null, name: null, tier: null, visits: null, score: 0, index: 0, answer: null,
    queue: null, priority: 0, attributes: {},
  }),
  initial: "greeting",
  states: {
    greeting: { entry: say, on: { DONE: { target: "number", actions: assign({ audio: [] }) } } },
    number: { always: { target: "known", actions: assign({ number: ({ context }) => context.ani }) } },
    known: { always: [{ target: "find", guard: ({ context }) => context.number !== null }, { target: "score" }] },
    find: {
      entry: tell((c, at) => ["Request", "run", { integration: "CRM", action: "Find", inputs: { phone: c.number } }, at + 10000]),
      on: {
        REPLY: [
          {
            target: "score",
            guard: ({ event }) => event.path === "success",
            actions: assign(({ event }) => ({ name: event.outputs.name, tier: event.outputs.tier, visits: event.outputs.visits })),
          },
          { target: "score" },
        ],
      },
    },
    score: {
      always: [
        {
          guard: ({ context }) => context.index < 5,
          actions: assign({ score: ({ context }) => context.score + context.index * 2, index: ({ context }) => context.index + 1 }),
        },
        { target: "confirm", actions: assign({ audio: ({ context }) => [`You are ${context.name}? Press 1.`] }) },
      ],
    },
    confirm: {
      entry: tell((c, at) => ["Collect", 1, [...c.audio], at + spoken(c.audio) + 18000]),
      on: { INPUT: { target: "right", actions: assign({ answer: ({ event }) => event.digits, audio: [] }) } },
    },
    right: {
      always: [{ target: "hello", guard: ({ context }) => context.answer === "1" && context.visits > 2 }, { target: "route" }],
    },
    hello: { always: { target: "route", actions: assign({ audio: ({ context }) => [...context.audio, `Welcome back, ${context.name}.`] }) } },
    route: {
      always: [
        { target: "silver", guard: ({ context }) => context.tier === "Silver" },
        { target: "gold", guard: ({ context }) => context.tier === "Gold" },
        { target: "attach" },
      ],
    },
    silver: { always: { target: "attach", actions: assign({ priority: 5 }) } },
    gold: { always: { target: "attach", actions: assign({ priority: ({ context }) => 10 + context.score, queue: "Gold" }) } },
    attach: {
      always: {
        target: "transfer",
        actions: assign({
          attributes: ({ context: c }) => ({ "crm.name": c.name ?? "", "crm.tier": c.tier ?? "", "crm.score": String(c.score) }),
          audio: ({ context }) => [...context.audio, "One moment."],
        }),
      },
    },
    transfer: { entry: say, on: { DONE: { target: "enqueue", actions: assign({ audio: [] }) } } },
    enqueue: {
      entry: tell((c, at) => ["Request", "enqueue", { queue: c.queue, priority: c.priority, attributes: { ...c.attributes } }, at + 35000]),
      on: { REPLY: { target: "ended", guard: ({ event }) => event.path === "accepted" } },
    },
    ended: { type: "final", entry: tell(() => ["End", "queue"]) },
  },
});

const events = [
  { type: "DONE", at: 1000 },
  { type: "REPLY", at: 1200, path: "success", outputs: { name: "Ada", tier: "Gold", visits: 7 } },
  { type: "INPUT", at: 4000, digits: "1" },
  { type: "DONE", at: 6000 },
  { type: "REPLY", at: 6010, path: "accepted" },
];

function call() {
  const actor = createActor(machine, { input: { ani: "tel:+4930901820" } });
  actor.start();
  for (const event of events) actor.send(event);
  return actor.getSnapshot().context.told;
}

console.log(JSON.stringify(call()));
for await (const line of createInterface({ input: process.stdin })) {
  const calls = Number(line);
  const begun = process.hrtime.bigint();
  for (let n = 0; n < calls; n++) call();
  console.log(Number(process.hrtime.bigint() - begun) / 1e9);
}
