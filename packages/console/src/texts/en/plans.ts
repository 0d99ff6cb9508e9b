// Plans.
export const plans = {};
