/**
 * The types of authority, for every module. What creates it is in `grants`, which few
 * modules may import.
 */
export type { Authority, Power, Right } from './grants';
