import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Browser } from 'playwright-core';
import { RunningServer } from '../../server/test/support/running-server.ts';
import { browserOfFile, describeInBrowser, launchBrowser, openWindow } from './support/browser.ts';
import { PersonInBrowser } from './support/person.ts';

const browser = browserOfFile();
const host = 'chat.example.test';
let insecure: Browser;
let server: RunningServer;

describeInBrowser('at an http address that is not localhost', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    insecure = await launchBrowser(undefined, [`--host-resolver-rules=MAP ${host} 127.0.0.1`]);
  });
  afterAll(async () => {
    await insecure.close();
    await server.stop();
  });

  test('people sign up, talk both ways, reload, use a second tab, copy code and log out', async () => {
    const url = server.url.replace(/localhost|127\.0\.0\.1/, host);
    // The first account must be created on the server's machine.
    const ben = await PersonInBrowser.signUp(await browser(), server.url, 'Ben');
    const { context, page, faults } = await openWindow(insecure);
    await page.goto(url);
    await page.getByText('others on the network can read your password and messages').waitFor();
    const ana = await PersonInBrowser.signUpAt(context, page, url, 'Ana', faults);
    expect(await page.evaluate(() => [location.hostname, isSecureContext])).toEqual([host, false]);
    await ana.openDirect('Ben');
    await ana.write('Hello Ben');
    await ben.open('Ana');
    await ben.message('Hello Ben').waitFor();
    await ben.write('```\nlet x = 1;\n```');
    await page.getByRole('button', { name: 'Copy code' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await ana.box.press('Control+V');
    expect(await ana.box.inputValue()).toBe('let x = 1;');
    await ana.box.fill('');
    await page.reload();
    await ana.message('Hello Ben').waitFor();
    const second = ana.at(await context.newPage());
    await second.page.goto(page.url());
    await second.write('From the second tab');
    for (const tab of [ana, second, ben]) await tab.message('From the second tab').waitFor();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('This address begins with http').waitFor();
    expect(await page.getByLabel('Show notifications').isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Log out' }).click();
    for (const tab of [ana, second]) await tab.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    // The other tab notices the log-out by a failing request; the browser warns that a header needs TLS.
    expect(faults.filter((fault) => !/401|Cross-Origin-Opener-Policy/.test(fault))).toEqual([]);
  });
});
