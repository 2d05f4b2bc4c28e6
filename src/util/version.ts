/** The version of this package; equals that in package.json. */
export const VERSION = '0.1.0';
