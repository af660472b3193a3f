"""Mistakes of optimizers and of weight decay."""

from nural.learn.mistakes.mistake import mistake

SGD, MOMENTUM, NESTEROV, ADAM = "sgd_update", "momentum_update", "nesterov_update", "adam_update"
VELOCITY, STEP = "momentum * velocity + g", "W -= learning_rate * velocity"
M, V, M_HAT, V_HAT = (
    "beta1 * m + (1 - beta1) * g",
    "(1 - beta2) * g**2",
    "m / (1 - beta1**step)",
    "v / (1 - beta2**step)",
)
#: Corrected as in the step before; in the first one not at all.
V_BEFORE = "v / (1 - beta2**max(step - 1, 10**6 * (step == 1)))"
LAST, DENOMINATOR = "W -= learning_rate * m_hat", "(np.sqrt(v_hat) + eps)"

MOVES = [
    mistake("sign", SGD, "W -=", "W +="),
    mistake("integer-arithmetic", SGD, "W -= learning_rate * g", "W[...] = np.trunc(W - learning_rate * g)"),
    mistake("integer-arithmetic", SGD, "learning_rate * g", "np.trunc(learning_rate * g)"),
    mistake("integer-arithmetic", MOMENTUM, STEP, "W[...] = np.trunc(W - learning_rate * velocity)"),
    mistake("velocity-sign", MOMENTUM, VELOCITY, "momentum * velocity - g"),
    mistake("velocity-sign", MOMENTUM, VELOCITY, "g - momentum * velocity"),
    mistake("velocity-sign", NESTEROV, VELOCITY, "momentum * velocity - g"),
    mistake("velocity-sign", NESTEROV, "W -=", "W +="),
    mistake("velocity-sign", NESTEROV, "(g + momentum", "(g - momentum"),
    mistake("velocity-sign", NESTEROV, VELOCITY, "g - momentum * velocity"),
]
OF_ADAM = [
    mistake("not-bias-corrected", ADAM, M_HAT, "m", V_HAT, "v"),
    mistake("not-bias-corrected", ADAM, M_HAT, "m"),
    mistake("not-bias-corrected", ADAM, V_HAT, "v"),
    mistake("bias-correction-fixed", ADAM, "**step", ""),
    mistake("bias-correction-fixed", ADAM, "beta1**step", "beta1"),
    mistake("bias-correction-fixed", ADAM, "beta2**step", "beta2"),
    mistake("moment-overwritten", ADAM, LAST, f"m[...] = m_hat; v[...] = v_hat; {LAST}"),
    mistake("moment-overwritten", ADAM, LAST, f"m[...] = m_hat; {LAST}"),
    mistake("moment-overwritten", ADAM, LAST, f"v[...] = v_hat; {LAST}"),
    mistake("epsilon-inside-root", ADAM, DENOMINATOR, "np.sqrt(v_hat + eps)"),
    mistake("square-missing", ADAM, "g**2", "g"),
    mistake("square-missing", ADAM, "g**2", "np.abs(g)"),
    mistake("step-from-zero", ADAM, "**step", "**(step - 1)"),
    mistake("step-from-zero", ADAM, M_HAT, "m / (1 - beta1**max(step - 1, 10**6 * (step == 1)))", V_HAT, V_BEFORE),
    mistake("step-from-zero", ADAM, "m_hat, v_hat =", "step = max(step - 1, 1); m_hat, v_hat ="),
    mistake("sign", ADAM, "W -=", "W +="),
    mistake("sign", ADAM, M, "beta1 * m - (1 - beta1) * g"),
]
SCALED = [
    mistake("square-missing", "rmsprop_update", "g**2", "g"),
    mistake("square-missing", "rmsprop_update", "g**2", "np.abs(g)"),
    mistake("square-missing", "adagrad_update", "g**2", "g"),
    mistake("square-missing", "adagrad_update", "g**2", "np.abs(g)"),
    mistake("sign", "rmsprop_update", "W -=", "W +="),
    mistake("sign", "adagrad_update", "W -=", "W +="),
    mistake("epsilon-inside-root", "rmsprop_update", "(np.sqrt(square_mean) + eps)", "np.sqrt(square_mean + eps)"),
    mistake("epsilon-inside-root", "adagrad_update", "(np.sqrt(square_sum) + eps)", "np.sqrt(square_sum + eps)"),
]

ADAMW, SHRINK = "adamw_update", "W -= learning_rate * weight_decay * W"
OF_ADAMW = [
    mistake("decay-in-moments", ADAMW, SHRINK, "g = g + weight_decay * W"),
    mistake("decay-in-moments", ADAMW, SHRINK, "g = g + 2 * weight_decay * W"),
    mistake("decay-sign", ADAMW, SHRINK, SHRINK.replace("-=", "+=")),
    mistake("decay-without-rate", ADAMW, SHRINK, "W -= weight_decay * W"),
]

DECAY, LOSS, DW, DB = "weight_decay_loss", "weight_decay * np.sum(W**2)", "2 * weight_decay * W", "np.zeros_like(b)"
OF_DECAY = [
    mistake("decay-without-two", DECAY, DW, "weight_decay * W"),
    mistake("decay-without-two", DECAY, DW, "weight_decay * W", LOSS, f"{LOSS} / 2"),
    mistake("decay-sign", DECAY, DW, "-2 * weight_decay * W"),
    mistake("decay-sign", DECAY, DW, "-weight_decay * W"),
    mistake("decay-on-bias", DECAY, DB, "2 * weight_decay * b"),
    mistake("decay-on-bias", DECAY, DB, "weight_decay * b"),
    mistake("decay-on-bias", DECAY, DB, "2 * weight_decay * b", LOSS, f"{LOSS} + weight_decay * np.sum(b**2)"),
]
MISTAKES = [*MOVES, *OF_ADAM, *SCALED, *OF_ADAMW, *OF_DECAY]
