import { assumptions } from './assumptions.ts';
import type { Load } from './load.ts';
import { sized, toRecipients, type Units } from './units.ts';

const gib = 2 ** 30;
const tb = 1e12;
const secondsPerDay = 86_400;
/** Of a machine's memory, for processes; the rest is for the kernel and its buffers. */
const memoryShare = 0.8;

/** The machines of a role or service. */
export interface Part {
  name: PartName;
  /** Without those of spare machines. For PostgreSQL, servers without their standbys. */
  processes: number;
  /** With spare machines and standbys. */
  machines: number;
  /** Machines that may be lost, or that only repeat what others store. */
  spareMachines: number;
  /** Cores in use at the peak. */
  busyCores: number;
  memoryGiB: number;
  diskTB: number;
  /** What its number follows from. */
  decidedBy: 'processor time' | 'connections' | 'memory' | 'disk' | 'availability';
}

/** The machines of all these parts. */
export function machinesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { machines }) => sum + machines, 0);
}

export type PartName = 'edge' | 'distributor' | 'follower' | 'PostgreSQL' | 'Kafka' | 'Redis' | 'HAProxy';

interface Demand {
  /** Microseconds of processor time a second, of all processes together. */
  busyUs: number;
  /** The same of a process that does nothing. */
  idleUs: number;
  bytesPerProcess: number;
  /** The least number of processes for another reason. */
  processesMin?: number;
}

/** Processes of one thread each, as many on a machine as it has cores and memory for. */
function singleThreaded(
  name: PartName,
  load: Load,
  { busyUs, idleUs, bytesPerProcess, processesMin = 1 }: Demand,
): Part {
  const forTime = Math.ceil(busyUs / Math.max(1, load.utilisation * 1e6 - idleUs));
  const processes = Math.max(1, forTime, processesMin);
  const forMemory = Math.floor((load.machineGiB * gib * memoryShare) / bytesPerProcess);
  const perMachine = Math.max(1, Math.min(load.machineCores, forMemory));
  const spareMachines = assumptions.spareMachines.value;
  const isLimitedByMemory = forMemory < load.machineCores;
  const cause = forTime >= processesMin ? 'processor time' : 'connections';
  return {
    ...{ name, processes, spareMachines },
    machines: Math.ceil(processes / perMachine) + spareMachines,
    busyCores: (busyUs + processes * idleUs) / 1e6,
    memoryGiB: (processes * bytesPerProcess) / gib,
    diskTB: 0,
    decidedBy: isLimitedByMemory ? 'memory' : cause,
  };
}

function edgesOf(units: Units, load: Load): Part {
  const { messages, online, recipients, connectionsPerEdge, utilisation } = load;
  const processesMin = Math.ceil(online / (connectionsPerEdge * utilisation));
  return singleThreaded('edge', load, {
    busyUs: messages * toRecipients(units.edgeMessageUs, recipients) + online * units.edgeConnectionUs,
    idleUs: units.edgeIdleUs,
    bytesPerProcess: units.edgeBytes + connectionsPerEdge * units.edgeConnectionBytes,
    processesMin,
  });
}

function distributorsOf(units: Units, load: Load): Part {
  return singleThreaded('distributor', load, {
    busyUs: load.messages * toRecipients(units.distributorMessageUs, load.recipients),
    idleUs: units.distributorIdleUs,
    bytesPerProcess: units.edgeBytes,
  });
}

function followersOf(units: Units, load: Load): Part {
  return singleThreaded('follower', load, {
    busyUs: load.messages * units.followerMessageUs,
    idleUs: units.followerIdleUs,
    bytesPerProcess: units.edgeBytes,
  });
}

/** The number of machines for processor time, and for disk. */
function storing(load: Load, busyUs: number, storedBytes: number) {
  const forTime = Math.ceil(busyUs / (load.utilisation * load.machineCores * 1e6));
  const forDisk = Math.ceil(storedBytes / (load.utilisation * load.diskTB * tb));
  return { forTime, forDisk };
}

function postgresOf(units: Units, load: Load): Part {
  const { messages, peakFactor, retentionDays, textBytes, members } = load;
  const stored = (messages / peakFactor) * secondsPerDay * retentionDays * sized(units.postgresStoredBytes, textBytes);
  const storedBytes = stored + members * units.memberBytes;
  const busyUs = messages * units.postgresMessageUs;
  const { forTime, forDisk } = storing(load, busyUs, storedBytes);
  const servers = Math.max(1, forTime, forDisk);
  const copies = assumptions.postgresCopies.value;
  return {
    ...{ name: 'PostgreSQL', processes: servers, machines: servers * copies, spareMachines: servers * (copies - 1) },
    busyCores: busyUs / 1e6,
    memoryGiB: servers * copies * load.machineGiB,
    diskTB: (storedBytes * copies) / tb,
    decidedBy: forDisk > forTime ? 'disk' : 'processor time',
  };
}

function kafkaOf(units: Units, load: Load): Part {
  const { messages, peakFactor, recipients, textBytes } = load;
  const replicas = assumptions.kafkaReplicas.value;
  const mean = messages / peakFactor;
  const commands = mean * secondsPerDay * assumptions.kafkaRetentionDays.value;
  const copies = mean * 60 * assumptions.kafkaMailboxMinutes.value * recipients;
  const storedBytes =
    replicas * (commands * sized(units.kafkaMessageBytes, textBytes) + copies * sized(units.kafkaCopyBytes, textBytes));
  const busyUs = messages * toRecipients(units.kafkaMessageUs, recipients);
  const { forTime, forDisk } = storing(load, busyUs, storedBytes);
  const brokers = Math.max(replicas, forTime, forDisk);
  const spareMachines = assumptions.spareMachines.value;
  const cause = forDisk > forTime ? 'disk' : 'processor time';
  return {
    ...{ name: 'Kafka', processes: brokers, machines: brokers + spareMachines, spareMachines },
    busyCores: busyUs / 1e6,
    memoryGiB: (brokers + spareMachines) * load.machineGiB,
    diskTB: storedBytes / tb,
    decidedBy: brokers > Math.max(forTime, forDisk) ? 'availability' : cause,
  };
}

/** Servers of one thread each, as many on a machine as it has cores and memory for, each with a replica elsewhere. */
function redisOf(units: Units, load: Load, edges: number): Part {
  const { online, watched, utilisation, machineCores, machineGiB } = load;
  const bytes = online * units.redisUserBytes + online * watched * units.redisWatchBytes;
  const machineBytes = machineGiB * gib * memoryShare;
  const forMemory = Math.ceil(bytes / machineBytes);
  const leasesUs = redisLeasesUs(edges);
  const perServerUs = Math.max(1, utilisation * 1e6 - leasesUs);
  const isDivided = forMemory > 1 || redisBusyUs(units, load) > perServerUs;
  const busyUs = redisBusyUs(units, load, isDivided ? assumptions.redisDivided.value : 1);
  const forTime = Math.ceil(busyUs / perServerUs);
  const machines = Math.max(1, Math.ceil(forTime / machineCores), forMemory);
  // As many on each machine.
  const servers = machines * Math.max(1, Math.ceil(forTime / machines));
  const cause = forMemory > forTime ? 'memory' : 'processor time';
  return {
    ...{ name: 'Redis', processes: servers, machines: 2 * machines, spareMachines: machines },
    busyCores: (busyUs + servers * leasesUs) / 1e6,
    memoryGiB: (bytes * 2) / gib,
    diskTB: 0,
    decidedBy: servers === 1 ? 'availability' : cause,
  };
}

/** Microseconds a second of each Redis server for the leases of all edges, which each of them has. */
export function redisLeasesUs(edges: number): number {
  return edges * assumptions.redisEdgeUs.value;
}

/** Microseconds a second of all Redis servers together, without the leases of edges. */
function redisBusyUs(units: Units, { messages, recipients, online, watched }: Load, factor = 1): number {
  const presenceReads = (online * watched) / assumptions.presenceReadSeconds.value;
  return messages * toRecipients(units.redisMessageUs, recipients) * factor + presenceReads * units.redisLookUpUs;
}

function proxiesOf(units: Units, load: Load): Part {
  const { messages, recipients, online, connectionsPerProxy, utilisation, machineCores } = load;
  const busyUs = messages * (1 + recipients) * units.proxyFrameUs * assumptions.tlsFactor.value;
  const forTime = Math.ceil(busyUs / (utilisation * machineCores * 1e6));
  const forConnections = Math.ceil(online / (connectionsPerProxy * utilisation));
  const processes = Math.max(1, forTime, forConnections);
  const spareMachines = assumptions.spareMachines.value;
  return {
    ...{ name: 'HAProxy', processes, machines: processes + spareMachines, spareMachines },
    busyCores: busyUs / 1e6,
    memoryGiB: (processes + spareMachines) * load.machineGiB,
    diskTB: 0,
    decidedBy: forTime > forConnections ? 'processor time' : 'connections',
  };
}

/** The machines of each role and service for this load. */
export function partsOf(units: Units, load: Load): Record<PartName, Part> {
  const edge = edgesOf(units, load);
  return {
    edge,
    distributor: distributorsOf(units, load),
    follower: followersOf(units, load),
    PostgreSQL: postgresOf(units, load),
    Kafka: kafkaOf(units, load),
    Redis: redisOf(units, load, edge.processes),
    HAProxy: proxiesOf(units, load),
  };
}
