import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Builder, By, Capabilities, Key, type WebDriver } from 'selenium-webdriver';
import { freePort } from '../../../../tools/free-port.mjs';
import { patienceMs, until } from '../support/until.ts';
import type { DrivenPage, Engine } from './driven-page.ts';

const miniBrowser = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const keys = { Enter: Key.ENTER, Escape: Key.ESCAPE } as const;

/** WebKitGTK, Safari's engine. It needs a display and a session bus. */
export const webkit: Engine = {
  name: 'WebKitGTK',
  needs: [
    { file: '/usr/bin/WebKitWebDriver', debianPackage: 'webkit2gtk-driver' },
    { file: miniBrowser, debianPackage: 'webkit2gtk-driver' },
    { file: '/usr/bin/Xvfb', debianPackage: 'xvfb' },
    { file: '/usr/bin/dbus-run-session', debianPackage: 'dbus' },
  ],
  async start() {
    return {
      async browser() {
        const { driver, stop } = await startBrowser();
        return new WebKitPage(driver, await driver.getWindowHandle(), stop);
      },
      async stop() {},
    };
  },
};

/** A session bus that starts no desktop services. */
const busConfiguration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>`;

/** Starts a browser with a display, a home folder and a driver of its own. */
async function startBrowser() {
  const home = await mkdtemp(join(tmpdir(), 'parley-webkit-'));
  const bus = join(home, 'bus.conf');
  await Bun.write(bus, busConfiguration);
  const display = Bun.spawn(['Xvfb', '-displayfd', '1', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { value } = await display.stdout.getReader().read();
  const port = await freePort();
  const program = Bun.spawn(['dbus-run-session', `--config-file=${bus}`, '--', 'WebKitWebDriver', `--port=${port}`], {
    stdio: ['ignore', 'ignore', 'ignore'],
    // A process group of its own, so that the bus and the driver end with it.
    detached: true,
    env: {
      ...process.env,
      DISPLAY: `:${new TextDecoder().decode(value).trim()}`,
      HOME: home,
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      // The sandbox does not start for root, nor in many containers. The tests open only their own pages.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    },
  });
  const driver = await connect(`http://127.0.0.1:${port}`);
  return {
    driver,
    async stop() {
      await driver.quit();
      process.kill(-program.pid);
      await program.exited;
      display.kill();
      await display.exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Opens a session of a driver that is starting. */
async function connect(url: string): Promise<WebDriver> {
  await until(
    'WebKitWebDriver to answer',
    () =>
      fetch(`${url}/status`).then(
        ({ ok }) => ok,
        (error: unknown) => String(error),
      ),
    (answer) => answer === true,
  );
  const capabilities = new Capabilities()
    .set('browserName', 'MiniBrowser')
    .set('webkitgtk:browserOptions', { binary: miniBrowser, args: ['--automation'] });
  const driver = await new Builder().usingServer(url).withCapabilities(capabilities).build();
  await driver.manage().setTimeouts({ script: patienceMs, pageLoad: patienceMs });
  return driver;
}

class WebKitPage implements DrivenPage {
  constructor(
    private readonly driver: WebDriver,
    private readonly handle: string,
    /** Ends the browser and its driver. */
    readonly close: () => Promise<void>,
  ) {}

  async open(url: string): Promise<void> {
    await this.toFront();
    await this.driver.get(url);
  }

  async reload(): Promise<void> {
    await this.toFront();
    await this.driver.navigate().refresh();
  }

  async click(selector: string): Promise<void> {
    await this.toFront();
    await this.driver.findElement(By.css(selector)).click();
  }

  async type(text: string): Promise<void> {
    await this.toFront();
    await this.driver.switchTo().activeElement().sendKeys(text);
  }

  press(key: keyof typeof keys): Promise<void> {
    return this.type(keys[key]);
  }

  async run<Given, Answer>(run: (given: Given) => Answer, given: Given): Promise<Awaited<Answer>> {
    await this.toFront();
    return this.driver.executeScript<Awaited<Answer>>(`return (${run})(arguments[0])`, given);
  }

  async another(): Promise<DrivenPage> {
    await this.toFront();
    // A tab that the driver opens stays in the background, where it is not rendered.
    await this.driver.switchTo().newWindow('window');
    return new WebKitPage(this.driver, await this.driver.getWindowHandle(), this.close);
  }

  /** A driver controls one page at a time. */
  private async toFront(): Promise<void> {
    await this.driver.switchTo().window(this.handle);
  }
}
