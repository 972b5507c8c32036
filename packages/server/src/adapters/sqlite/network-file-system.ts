/**
 * File systems that several machines use at the same time. SQLite shares its log through memory, which reaches no other
 * machine, and locks may hold on one machine only.
 */
const networkFileSystems = new Set([
  ...['nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'afs', 'ceph', 'lustre', 'gpfs', 'beegfs', 'ocfs2', 'gfs2', 'orangefs'],
  ...['glusterfs', 'sshfs', 'ceph-fuse', 's3fs', 'rclone', 'davfs', 'juicefs', 'gcsfuse', 'blobfuse', 'blobfuse2'],
]);

/** The type of the network file system of `path`, which has no links; null when it is on no known one. */
export function networkFileSystem(path: string, mountinfo: string): string | null {
  let longest = '';
  let type = '';
  for (const line of mountinfo.split('\n')) {
    // "36 35 98:0 /root /mount/point options [optional fields] - type source super-options"
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4]?.replaceAll(/\\(\d{3})/g, (_, code: string) => octal(code));
    if (point === undefined || point.length < longest.length) continue;
    if (path !== point && !path.startsWith(point.endsWith('/') ? point : `${point}/`)) continue;
    longest = point;
    type = (after.split(' ')[0] ?? '').replace(/^fuse\./, '');
  }
  return networkFileSystems.has(type) ? type : null;
}

function octal(code: string): string {
  return String.fromCharCode(Number.parseInt(code, 8));
}
