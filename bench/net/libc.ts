// Calls of the C library that Bun has no cheap interface for: non-blocking sockets with a source address, and epoll.
// A client made of them allocates nothing for a frame, so that it uses little of the processor time that is measured.
import { dlopen, FFIType, read } from 'bun:ffi';

const { i32, u32, u64, i64_fast: size, ptr } = FFIType;

export const libc = open();

export const [again, inProgress] = [11, 115];

/** The error number of the last call that returned -1. */
export function errno(): number {
  const address = libc.__errno_location();
  if (address === null) throw new Error('the C library has no errno');
  return read.i32(address, 0);
}

/** Throws with the error number if a call failed. */
export function checked(result: number, call: string): number {
  if (result < 0) throw new Error(`${call} failed with errno ${errno()}`);
  return result;
}

/** Milliseconds of the monotonic clock, which is the same in all processes. */
export function machineMs(): number {
  return performance.now() + machineOffsetMs;
}

const monotonic = 1;
const machineOffsetMs = monotonicMs() - performance.now();

function monotonicMs(): number {
  const time = new BigInt64Array(2);
  checked(libc.clock_gettime(monotonic, time), 'clock_gettime');
  return Number(time[0]) * 1_000 + Number(time[1]) / 1e6;
}

function open() {
  if (process.platform !== 'linux') throw new Error('the benchmarks need Linux: they use epoll and /proc');
  return dlopen('libc.so.6', {
    __errno_location: { args: [], returns: ptr },
    accept4: { args: [i32, ptr, ptr, i32], returns: i32 },
    bind: { args: [i32, ptr, u32], returns: i32 },
    clock_gettime: { args: [i32, ptr], returns: i32 },
    close: { args: [i32], returns: i32 },
    connect: { args: [i32, ptr, u32], returns: i32 },
    epoll_create1: { args: [i32], returns: i32 },
    epoll_ctl: { args: [i32, i32, i32, ptr], returns: i32 },
    epoll_pwait2: { args: [i32, ptr, i32, ptr, ptr], returns: i32 },
    getsockname: { args: [i32, ptr, ptr], returns: i32 },
    listen: { args: [i32, i32], returns: i32 },
    recv: { args: [i32, ptr, u64, i32], returns: size },
    send: { args: [i32, ptr, u64, i32], returns: size },
    setsockopt: { args: [i32, i32, i32, ptr, u32], returns: i32 },
    socket: { args: [i32, i32, i32], returns: i32 },
  }).symbols;
}
