// Fleet.
export const fleet = {};
