"""Mistakes of fully connected layers."""

from nural.learn.mistakes.mistake import mistake

DW, DB, DX = "x.T @ dy", "dy.sum(axis=0)", "dy @ W.T"

MISTAKES = [
    mistake("bias-not-summed", "fc_backward", DB, "dy"),
    mistake("bias-summed-over-everything", "fc_backward", DB, "dy.sum()"),
    mistake("bias-summed-over-everything", "fc_backward", DB, "np.full(dy.shape[1], dy.sum())"),
    mistake("bias-averaged", "fc_backward", DB, "dy.mean(axis=0)"),
    mistake("bias-averaged", "fc_backward", DB, "dy.mean()"),
    mistake("bias-from-weight-gradient", "fc_backward", DB, "(x.T @ dy).sum(axis=0)"),
    mistake("bias-from-weight-gradient", "fc_backward", DB, "(x.T @ dy).sum()"),
    mistake("bias-from-weight-gradient", "fc_backward", DB, "(x.T @ dy).sum(axis=1)"),
    mistake("bias-over-wrong-axes", "fc_backward", DB, "dy.sum(axis=1)"),
    mistake("batch-mean-twice", "fc_backward", DW, f"{DW} / len(x)", DB, f"{DB} / len(x)"),
    mistake("batch-mean-twice", "fc_backward", DW, f"{DW} / len(x)", DB, f"{DB} / len(x)", DX, f"{DX} / len(x)"),
    mistake("batch-mean-twice", "fc_backward", DW, f"{DW} / len(x)"),
    mistake("weights-not-transposed", "fc_backward", DX, "dy @ W"),
    mistake("weights-not-transposed", "fc_forward", "x @ W", "x @ W.T"),
    mistake("reshape-for-transpose", "fc_backward", DX, "dy @ W.reshape(W.shape[::-1])"),
    mistake("reshape-for-transpose", "fc_backward", DW, "x.reshape(x.shape[::-1]) @ dy"),
    mistake("gradient-transposed", "fc_backward", DW, "dy.T @ x"),
    mistake("weights-updated-first", "fc_backward", DX, "dy @ (W - x.T @ dy).T", along=True),
    mistake("weights-updated-first", "fc_backward", DX, "dy @ (W - x.T @ dy / len(x)).T", along=True),
    mistake("one-sided-difference", "numerical_gradient", "W[i] = here - h", "W[i] = here", "(2 * h)", "h", along=True),
    mistake("one-sided-difference", "numerical_gradient", "W[i] = here + h", "W[i] = here", "(2 * h)", "h", along=True),
    mistake("factor-two-too-many", "numerical_gradient", "(2 * h)", "h"),
]
