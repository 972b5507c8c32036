import type { Browser } from 'playwright-core';

/** Runs a script in every shared worker of this browser, in which pages run their client. */
export async function runInSharedWorkers(browser: Browser, script: string): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  const workers = targetInfos.filter(({ type }) => type === 'shared_worker');
  if (workers.length === 0) throw new Error('this browser has no shared worker');
  for (const { targetId } of workers) {
    const { sessionId } = await session.send('Target.attachToTarget', { targetId, flatten: false });
    const answered = new Promise<string>((resolve) => {
      session.on('Target.receivedMessageFromTarget', (event) => {
        if (event.sessionId === sessionId) resolve(event.message);
      });
    });
    const evaluation = { id: 1, method: 'Runtime.evaluate', params: { expression: script, awaitPromise: true } };
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify(evaluation) });
    const answer = JSON.parse(await answered) as { error?: unknown; result?: { exceptionDetails?: unknown } };
    const failure = answer.error ?? answer.result?.exceptionDetails;
    if (failure) throw new Error(`the shared worker did not run it: ${JSON.stringify(failure)}`);
  }
  await session.detach();
}
