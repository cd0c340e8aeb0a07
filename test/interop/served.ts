/** Whether this version serves an endpoint; the path is the one below the context path. */
export function isServed(_method: string, _path: string): boolean {
  return true;
}
