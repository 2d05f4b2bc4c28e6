/** What everybody may know of authority. What makes it is in `grants`, which few modules may import. */
export type { Authority, Power, Right, RightKind, ServiceAuthority } from './grants';
