import { createClient } from 'redis';

/** Its type depends on the options, so it is named after them. */
const create = (url: string) => createClient({ url });

type Client = ReturnType<typeof create>;

let made: Promise<Client> | undefined;

/** The Redis that all instances of the app share, connected at first use. Rejects if it does not answer; the next call tries again. */
export function redis(url: string): Promise<Client> {
  made ??= connect(url).catch((error: unknown) => {
    made = undefined;
    throw error;
  });
  return made;
}

async function connect(url: string): Promise<Client> {
  const client = create(url);
  // It reconnects by itself; without a listener an error would end the process.
  client.on('error', (error: Error) => console.error(`redis: ${error.name}`));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis does not answer')), 5000);
  });
  try {
    await Promise.race([client.connect(), late]);
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
