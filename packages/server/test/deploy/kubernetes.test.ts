import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import type { IContainer, IPodSpec } from 'kubernetes-models/v1';
import { freePort } from '../../../../tools/free-port.mjs';
import { loadConfig } from '../../src/settings/settings.ts';
import { RunningServer } from '../support/running-server.ts';
import { deployedPath, deployedText, imageEnvironment } from './deployed-files.ts';
import {
  faultOf,
  kustomization,
  manifestFiles,
  manifests,
  manifestsOf,
  unknownFields,
} from './kubernetes-manifests.ts';

const roles = ['gateway', 'messaging', 'distribution', 'followers'];
const finishMs = 5_000;

interface Workload {
  name: string;
  labels: Record<string, string>;
  pod: IPodSpec;
  container: IContainer;
}

const workloads: Workload[] = [...manifestsOf('Deployment'), ...manifestsOf('Job')].map(({ metadata, spec }) => {
  const pod = spec?.template?.spec;
  const container = pod?.containers[0];
  if (!pod || !container || pod.containers.length > 1) throw new Error('a workload here has one container');
  return { name: metadata?.name ?? '', labels: spec?.template?.metadata?.labels ?? {}, pod, container };
});
const processes = workloads.filter(({ container }) => container.image === 'parley');
const serving = processes.filter(({ name }) => name !== 'parley-initialise');
const byName = (all: readonly Workload[]) => all.map((each) => [each.name, each] as const);

function workload(name: string): Workload {
  const found = workloads.find((each) => each.name === name);
  if (!found) throw new Error(`there is no workload ${name}`);
  return found;
}

/** The environment variables of a container. */
function environmentOf({ envFrom = [], env = [] }: IContainer): Record<string, string> {
  const sources = envFrom.map(({ configMapRef, secretRef }) => {
    const map = manifestsOf('ConfigMap').find(({ metadata }) => metadata?.name === configMapRef?.name);
    const secret = manifestsOf('Secret').find(({ metadata }) => metadata?.name === secretRef?.name);
    const source = configMapRef ? map?.data : secret?.stringData;
    if (!source) throw new Error('a source of variables is missing');
    return source;
  });
  return Object.assign({}, imageEnvironment(), ...sources, ...env.map(({ name, value = '' }) => ({ [name]: value })));
}

const configOf = (container: IContainer) => loadConfig({}, environmentOf(container));

test.each(manifests.map((each) => [`${each.kind} ${each.name}`, each] as const))(
  '%s is valid by its schema and has no unknown field',
  (_name, { kind, content }) => {
    expect(faultOf(kind, content)).toBeNull();
    expect(unknownFields(kind, content)).toEqual([]);
  },
);

test('the kustomization lists every file except the example of the secret', () => {
  const own = kustomization.resources.filter((resource) => resource.endsWith('.yaml'));
  expect(own.toSorted()).toEqual(manifestFiles.filter((file) => file !== 'secret.example.yaml').toSorted());
  const { images } = kustomization;
  const version = (JSON.parse(deployedText('../package.json')) as { version: string }).version;
  expect(images).toEqual([{ name: 'parley', newName: 'parley', newTag: version } as (typeof images)[number]]);
});

describe('every process of Parley', () => {
  test.each(byName(processes))('%s has valid settings, with TLS and passwords', (_name, each) => {
    expect(configOf(each.container)).toMatchObject({
      ...{ shape: 'cluster', host: '0.0.0.0', 'allow-single-broker': 'off', 'allow-insecure-services': 'off' },
    });
    // Otherwise Kubernetes adds variables that begin with PARLEY_, which are refused.
    expect(each.pod.enableServiceLinks).toBe(false);
  });

  test('there is one workload for each role', () => {
    const found = serving.map(({ name, container }) => [name, [...configOf(container).roles].join()]);
    expect(found.toSorted()).toEqual(roles.map((role) => [`parley-${role}`, role]).toSorted());
  });

  test.each(byName(serving))(
    '%s is probed on the port that it listens on, and has enough time to drain',
    (_name, each) => {
      const { container, pod } = each;
      const config = configOf(container);
      expect(container.ports).toEqual([
        { name: 'http', containerPort: config.port },
        { name: 'metrics', containerPort: Number(config['metrics-port']) },
      ]);
      expect(container.startupProbe?.httpGet).toEqual({ path: '/livez', port: 'http' });
      expect(container.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'http' });
      expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' });
      const drainMs = config['drain-notice-ms'] + config['drain-ms'] + finishMs;
      expect((pod.terminationGracePeriodSeconds ?? 30) * 1_000).toBeGreaterThan(drainMs);
      // HAProxy checks every second, and stops using a process after one response that says it drains.
      expect(config['drain-notice-ms']).toBeGreaterThan(2_000);
    },
  );
});

describe('every workload', () => {
  test.each(byName(workloads))('%s has no privilege that it does not need', (_name, { pod, container }) => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.securityContext?.runAsUser).toBeGreaterThan(0);
    expect(container.securityContext).toEqual({
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    });
    expect(Object.keys(container.resources?.requests ?? {})).toEqual(['cpu', 'memory']);
    expect(Object.keys(container.resources?.limits ?? {})).toEqual(['memory']);
  });

  const lasting = manifestsOf('Deployment');
  test.each(lasting.map((each) => [each.metadata?.name ?? '', each] as const))(
    '%s survives the loss of a machine, and its pods are replaced one by one',
    (name, { spec }) => {
      const { labels, pod } = workload(name);
      expect(spec?.selector.matchLabels).toEqual(labels);
      expect(spec?.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      expect(pod.topologySpreadConstraints?.[0]).toMatchObject({
        ...{ topologyKey: 'kubernetes.io/hostname', maxSkew: 1, labelSelector: { matchLabels: labels } },
      });
      const budget = manifestsOf('PodDisruptionBudget').find(({ metadata }) => metadata?.name === name);
      expect(budget?.spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: labels } });
      const scaler = manifestsOf('HorizontalPodAutoscaler').find((each) => each.spec?.scaleTargetRef.name === name);
      // A manifest must not set the number that the autoscaler sets: applying it again would reset it.
      expect(spec?.replicas ?? 0).toBe(scaler ? 0 : 2);
      if (scaler) expect(scaler.spec?.minReplicas).toBe(2);
    },
  );
});

test('the server exposes the metric that the autoscaler uses', async () => {
  const asked = manifestsOf('HorizontalPodAutoscaler').flatMap(({ spec }) =>
    (spec?.metrics ?? []).flatMap(({ pods }) => (pods ? [[spec?.scaleTargetRef.name, pods.metric.name]] : [])),
  );
  expect(asked).toEqual([['parley-messaging', 'parley_connections']]);
  const port = await freePort();
  const server = await RunningServer.start({ 'metrics-port': String(port) });
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  for (const [, metric] of asked) expect(text).toMatch(new RegExp(`^${metric} \\d+$`, 'm'));
  await server.stop();
});

describe('HAProxy', () => {
  const { container, pod } = workload('parley-haproxy');

  test('has the configuration that the tests run', () => {
    const files = (container.args ?? []).filter((_argument, index, all) => all[index - 1] === '-f');
    const generated = Bun.YAML.parse(deployedText('haproxy/kustomization.yaml')) as {
      configMapGenerator: { name: string; files: string[] }[];
    };
    expect(kustomization.resources).toContain('../haproxy');
    const [map] = generated.configMapGenerator;
    expect(files).toEqual((map?.files ?? []).map((file) => `/usr/local/etc/haproxy/${file}`));
    for (const file of map?.files ?? []) expect(existsSync(deployedPath(`haproxy/${file}`))).toBe(true);
    expect(pod.volumes?.[0]).toEqual({ name: 'configuration', configMap: { name: map?.name ?? '' } });
  });

  test('finds every process of gateway and messaging by DNS, and has enough time to stop', () => {
    const variables = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));
    const headless = manifestsOf('Service').filter(({ spec }) => spec?.clusterIP === 'None');
    for (const role of ['gateway', 'messaging']) {
      const service = headless.find(({ metadata }) => metadata?.name === `parley-${role}`);
      expect(service?.spec).toMatchObject({
        ...{ publishNotReadyAddresses: true, selector: workload(`parley-${role}`).labels },
      });
      const variable = variables[`PARLEY_${role.toUpperCase()}_NAME`];
      expect(variable).toBe(`${service?.metadata?.name}.$(NAMESPACE).svc.cluster.local`);
    }
    const hours = Number(/^ {2}hard-stop-after (\d+)h$/m.exec(deployedText('haproxy/haproxy.cfg'))?.[1]);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(hours * 3_600);
  });

  test('is the only entry from outside, keeps the address of the client, and alone may connect to the processes', () => {
    const open = manifestsOf('Service').find(({ spec }) => spec?.type === 'LoadBalancer')?.spec;
    expect(open).toMatchObject({ selector: workload('parley-haproxy').labels, externalTrafficPolicy: 'Local' });
    const ports = new Set((container.ports ?? []).map(({ name }) => name));
    for (const { targetPort } of open?.ports ?? []) expect(ports).toContain(targetPort as string);
    const [policy] = manifestsOf('NetworkPolicy');
    expect(policy?.spec?.podSelector?.matchExpressions).toEqual([
      { key: 'app.kubernetes.io/component', operator: 'In', values: roles },
    ]);
    expect(policy?.spec?.ingress?.filter(({ ports: allowed }) => allowed?.some(({ port }) => port === 'http'))).toEqual(
      [{ from: [{ podSelector: { matchLabels: workload('parley-haproxy').labels } }], ports: [{ port: 'http' }] }],
    );
  });
});
