"""From a decision to the broker: planning, approvals, dispatch, cancels, repricing, flattening."""
