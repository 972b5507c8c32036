import { table } from '../report/markdown.ts';
import { formatted, textTable } from '../report/table.ts';
import type { Row } from '../scenario.ts';
import { assumptions } from './assumptions.ts';
import { type Capacity, capacityOf } from './capacity.ts';
import { loadOptions } from './load.ts';
import { bases, roleNames } from './part-texts.ts';
import { machinesOf, type Part } from './parts.ts';
import { atPeerSize, peer, peerTotal } from './peer.ts';
import { type Measured, measuredTextBytes, type Origin, unitDefinitions, unitNames, valuesOf } from './units.ts';

/** A part of the document: paragraphs and tables. */
interface Section {
  title: string;
  parts: (string | Row[])[];
}

/** Columns of whole sentences, for which a terminal has no room. */
const sentences = ['basis', 'remedy', 'meaning'];

/** docs/CAPACITY.md, for one load. */
export function documentOf(measured: Measured, capacity: Capacity): string {
  const sections = [
    ...computed(measured, capacity),
    ...[checkSection(measured), unitSection(measured), assumptionSection()],
  ].map(({ title, parts }) => [`## ${title}`, ...parts.map((part) => (typeof part === 'string' ? part : table(part)))]);
  return `${['# Capacity', introduction, ...sections.flat()].join('\n\n')}\n`;
}

/** The computed parts, for a terminal. */
export function textOf(measured: Measured, capacity: Capacity): string {
  const short = (rows: readonly Row[]) =>
    rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !sentences.includes(column))));
  return computed(measured, capacity)
    .flatMap(({ title, parts }) => [
      title.toUpperCase(),
      ...parts.map((part) => (typeof part === 'string' ? part.replaceAll('`', '') : textTable(short(part)))),
    ])
    .join('\n\n');
}

const introduction =
  '`npm run capacity -- --write` writes this document from figures that `npm run capacity -- --measure` takes; ' +
  '`npm test` fails when it is not current. `npm run capacity -- --messages 1000 --online 20000` computes the same for ' +
  'another load. Everything is computed from processor time, bytes and memory of one unit of work, measured on one ' +
  'small machine. **No cluster of this size was ever run**: each line says what was measured and what is extrapolated.';

function computed(measured: Measured, capacity: Capacity): Section[] {
  return [
    summarySection(capacity),
    loadSection(capacity),
    machineSection(capacity),
    limitSection(capacity),
    networkSection(capacity),
    channelSection(capacity),
    costSection(measured, capacity),
  ];
}

function summarySection({ load, parts, limits, cost }: Capacity): Section {
  const [first] = limits;
  const machines = machinesOf(Object.values(parts));
  return {
    title: 'In brief',
    parts: [
      `${formatted(load.messages)} messages a second and ${formatted(load.online)} people online need ` +
        `${formatted(machines)} machines of ${load.machineCores} cores, and cost US$ ` +
        `${formatted(cost.perMillionDailyUsers)} a month for a million daily users. The first bottleneck is reached at ` +
        `${formatted(load.messages / (first?.used ?? 1))} messages a second and ` +
        `${formatted(load.online / (first?.used ?? 1))} people online. ${first?.what}.` +
        ((first?.used ?? 0) > 1 ? ' **This load exceeds it: Parley can not carry it as it is now.**' : ''),
    ],
  };
}

function loadSection({ load }: Capacity): Section {
  const rows = Object.entries(loadOptions).map(([name, { field, help }]) => {
    const value = name === 'utilisation' ? load.utilisation * 100 : load[field];
    return { option: `\`--${name}\``, value, meaning: help };
  });
  return { title: 'The load', parts: [rows] };
}

function machineSection({ load, parts }: Capacity): Section {
  const rows = Object.values(parts).map(
    ({ name, processes, machines, spareMachines, busyCores, memoryGiB, diskTB, decidedBy }: Part): Row => ({
      part: roleNames[name],
      processes,
      machines,
      'of them spare': spareMachines,
      'busy cores': busyCores,
      'memory GiB': memoryGiB,
      'disk TB': diskTB,
      'decided by': decidedBy,
      basis: bases[name],
    }),
  );
  const machines = machinesOf(Object.values(parts));
  return {
    title: 'Machines',
    parts: [
      `Machines of ${load.machineCores} cores and ${load.machineGiB} GiB, of which the peak uses at most ` +
        `${load.utilisation * 100} %: ${formatted(machines)} in all. One machine of each role may fail at the peak, ` +
        'and every server of PostgreSQL and Redis has a second one on another machine. Memory is what the processes use; for PostgreSQL, Kafka ' +
        'and HAProxy it is all of their machines, which they use as a cache.',
      rows,
    ],
  };
}

function limitSection({ load, limits }: Capacity): Section {
  const [first] = limits;
  const rows = limits.map(({ what, used, remedy }) => ({
    limit: what,
    'used %': used * 100,
    'reached at messages /s': load.messages / used,
    'and online': load.online / used,
    remedy,
  }));
  const verdict =
    first && first.used > 1
      ? `This load needs ${formatted(first.used)} times what the first of them allows: it can't be carried as Parley is now.`
      : 'None of them is exceeded at this load.';
  return {
    title: 'The first bottleneck',
    parts: [
      'More machines raise everything except these limits. The most used comes first. The load at which each is reached is ' +
        'extrapolated: it assumes that messages and people grow alike.',
      verdict,
      rows,
    ],
  };
}

function networkSection({ network }: Capacity): Section {
  const gigabits = (bytes: number) => (bytes * 8) / 1e9;
  const rows = [
    { direction: 'to clients', 'Gbit/s at the peak': gigabits(network.toClients) },
    { direction: 'from clients', 'Gbit/s at the peak': gigabits(network.fromClients) },
    { direction: 'Kafka: written, replicated, read', 'Gbit/s at the peak': gigabits(network.kafka) },
    { direction: 'PostgreSQL: log to standbys', 'Gbit/s at the peak': gigabits(network.postgresLog) },
  ];
  return {
    title: 'Networks',
    parts: [
      'Bytes of frames and records are measured; TCP, IP and TLS add to them and are not. All rates are extrapolated.',
      rows,
    ],
  };
}

function channelSection({ load, channel, parts }: Capacity): Section {
  return {
    title: 'The largest channel',
    parts: [
      `A message to a channel of ${formatted(load.members)} members, of whom ${formatted(channel.onlineMembers)} are online ` +
        `on ${formatted(parts.edge.processes)} edges, extrapolated from the smaller one in the checks below:`,
      [
        { what: 'copies, one for each edge with a member', value: channel.copies },
        { what: 'processor time of each edge, ms', value: channel.edgeMs },
        { what: 'processor time of the distributor, ms', value: channel.distributorMs },
        { what: 'messages a second that the edges can deliver, up to the rate limit', value: channel.messagesMax },
        { what: 'MB on disk for its members', value: channel.memberMB },
      ],
    ],
  };
}

function costSection(measured: Measured, capacity: Capacity): Section {
  const { cost, load } = capacity;
  const small = capacityOf(valuesOf(measured), atPeerSize(load));
  const cores = (each: Capacity) => machinesOf(Object.values(each.parts)) * load.machineCores;
  const rows = [
    {
      'US$ a month': 'machines',
      all: cost.machines,
      'for a million daily users': cost.machines / (load.dailyUsers / 1e6),
    },
    { 'US$ a month': 'disks', all: cost.disks, 'for a million daily users': cost.disks / (load.dailyUsers / 1e6) },
    {
      'US$ a month': 'traffic',
      all: cost.traffic,
      'for a million daily users': cost.traffic / (load.dailyUsers / 1e6),
    },
    { 'US$ a month': 'total', all: cost.total, 'for a million daily users': cost.perMillionDailyUsers },
  ];
  const monthly = (coreCount: number) => coreCount * load.coreHourPrice * assumptions.hoursPerMonth.value;
  const beside = [
    {
      system: `${peer.name}, published`,
      'people online': peer.online,
      cores: peerTotal('cores'),
      'memory GiB': peerTotal('memoryGiB'),
      'US$ a month for cores': monthly(peerTotal('cores')),
    },
    {
      system: 'Parley, computed',
      'people online': small.load.online,
      cores: cores(small),
      'memory GiB': (cores(small) / load.machineCores) * load.machineGiB,
      'US$ a month for cores': monthly(cores(small)),
    },
  ];
  return {
    title: 'Cost',
    parts: [
      'Prices are list prices of one provider, not offers; machines that are rented for years cost less. ' +
        `Each daily user sends ${formatted(((load.messages / load.peakFactor) * 86_400) / load.dailyUsers)} messages a day.`,
      rows,
      `Beside it, the largest sizing that ${peer.name} publishes ([source](${peer.source}), ${peer.revision}): ` +
        `${peer.parts.map(({ name, nodes }) => `${nodes} × ${name}`).join(', ')}. ` +
        `Parley is computed for as many people with the load above for each of them, ` +
        `${formatted(small.load.messages)} messages a second. Both are priced by core, at the same price. They do not do ` +
        `the same: ${peer.name} also has search, files and threads, its load for each person is that of its own load test, ` +
        'and its sizing was tested at that size, whereas that of Parley is computed.',
      beside,
    ],
  };
}

const checkTexts: Record<string, string> = {
  processes:
    'By the number of processes of a role, at one rate. Statements, commands and records do not depend on the machine; ' +
    'tests assert that they do not rise beyond those of a message that is alone in its batch. Processor time is without ' +
    'that of idle processes. It does rise at a fixed rate: more processes are each woken for fewer messages, and have ' +
    'compiled less of their code.',
  channel:
    'By the members of a channel of whom as many are online: offline members cost rows when they join, and nothing later.',
};

function checkSection({ checks }: Measured): Section {
  return {
    title: 'Scaled checks',
    parts: Object.entries(checks).flatMap(([name, { rows, command, ...origin }]) => [
      checkTexts[name] ?? name,
      `    ${command}`,
      originLine(origin),
      rows,
    ]),
  };
}

function unitSection(measured: Measured): Section {
  const rows = unitNames.map((name) => {
    const { value, command, date, revision, othersPercent } = measured.units[name];
    const { unit, what } = unitDefinitions[name];
    return {
      what,
      value,
      unit,
      measured: `${date}, ${revision}`,
      'others % of a core': othersPercent ?? Number.NaN,
      command: `\`${command}\``,
    };
  });
  const machines = new Set(unitNames.map((name) => measured.units[name].machine));
  return {
    title: 'Measured units',
    parts: [
      `Measured on ${[...machines].join('; ')}. All processes, services and clients shared the machine. Processor time is ` +
        'that of the processes, so it is comparable when others use the machine too, which makes it higher: what others used ' +
        `of a core meanwhile is given. Sizes are those of texts of ${measuredTextBytes} bytes; each further byte adds one.`,
      rows,
    ],
  };
}

function assumptionSection(): Section {
  const rows = Object.values(assumptions).map(({ value, what }) => ({ value, assumption: what }));
  return {
    title: 'Assumptions',
    parts: [
      'Neither measured nor an option. Besides: a core of a rented machine does as much as one of the measured machine, and ' +
        'people, conversations and messages are spread evenly over edges and shards.',
      rows,
    ],
  };
}

function originLine({ machine, date, revision, othersPercent }: Omit<Origin, 'command'>): string {
  return `${machine}, ${date}, ${revision}; other programs used ${othersPercent ?? '–'} % of a core.`;
}
