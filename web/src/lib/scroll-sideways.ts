/**
 * Centres the part, unless visible. `scrollIntoView` would also scroll the page, whose position the browser restores
 * after Back.
 */
export function scrollSideways(frame: Element | null, part: Element | null | undefined): void {
  if (frame === null || part == null) return
  const [outer, inner] = [frame.getBoundingClientRect(), part.getBoundingClientRect()]
  if (inner.left >= outer.left && inner.right <= outer.right) return
  frame.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2
}
