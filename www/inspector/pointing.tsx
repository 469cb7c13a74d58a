'use client';

import { createContext, useContext } from 'react';

/** The claim or header parameter that the reader points at: the token field marks the characters that spell it. */
export type Pointed = { part: 0 | 1; name: string } | undefined;

const Pointing = createContext<(pointed: Pointed) => void>(() => undefined);
export const PointingProvider = Pointing.Provider;

/** Props for the element that stands for one member of the header (part 0) or the claims (part 1). */
export function usePointing(
  part: 0 | 1,
): (name: string) => Pick<React.DOMAttributes<HTMLElement>, 'onPointerEnter' | 'onPointerLeave' | 'onFocus' | 'onBlur'> {
  const point = useContext(Pointing);
  return (name) => ({
    onPointerEnter: () => point({ part, name }),
    onPointerLeave: () => point(undefined),
    onFocus: () => point({ part, name }),
    onBlur: () => point(undefined),
  });
}
