/* The layers, as nural's C files have them: `nural.export.c` copies those that a network uses, as they stand.
   Images are channels-last; each part is two blank lines from the next, and uses only parts above it. */


typedef float weight;


/* W is [inputs][outputs]; scale is there if it holds whole numbers. */
struct linear {
    int rows, inputs, outputs;
    const weight *W;
    const float *scale, *b;
};


/* K is [kernel_rows][kernel_columns][channels / groups][outputs]. */
struct convolution {
    int height, width, channels, rows, columns, outputs;
    int kernel_rows, kernel_columns, stride_down, stride_across, dilation_down, dilation_across, top, left, groups;
    const weight *K;
    const float *scale, *b;
};


/* Windows that slide over an image; divisors, one for each window, are there if they are not all the same. */
struct pooling {
    int height, width, channels, rows, columns;
    int kernel_rows, kernel_columns, stride_down, stride_across, dilation_down, dilation_across, top, left;
    float divisor;
    const float *divisors;
};


/* A grid of bins over an image. */
struct bins {
    int height, width, channels, rows, columns;
};


/* y * scale + b, in place. */
static void finish(const float *scale, const float *b, float *y, int n)
{
    int o;
    for (o = 0; o < n; o++)
        y[o] = (scale ? y[o] * scale[o] : y[o]) + (b ? b[o] : 0.0f);
}


/* y += value * w. */
static void accumulate(float value, const weight *w, float *y, int n)
{
    int o;
    if (value != 0.0f)
        for (o = 0; o < n; o++)
            y[o] += value * (float)w[o];
}


/* y = x W + b. */
static void linear(const struct linear *layer, const float *x, float *y)
{
    int row, i, o;
    for (row = 0; row < layer->rows; row++, x += layer->inputs, y += layer->outputs) {
        for (o = 0; o < layer->outputs; o++)
            y[o] = 0.0f;
        for (i = 0; i < layer->inputs; i++)
            accumulate(x[i], layer->W + i * layer->outputs, y, layer->outputs);
        finish(layer->scale, layer->b, y, layer->outputs);
    }
}


/* One pixel of a convolution's output: y = b + the pixels under the window at (top, left), times K. */
static void convolve(const struct convolution *layer, const float *x, int top, int left, float *y)
{
    const int ins = layer->channels / layer->groups, outs = layer->outputs / layer->groups;
    int i, j, in, g, o;
    for (o = 0; o < layer->outputs; o++)
        y[o] = 0.0f;
    for (i = 0; i < layer->kernel_rows; i++)
        for (j = 0; j < layer->kernel_columns; j++) {
            const int row = top + i * layer->dilation_down, column = left + j * layer->dilation_across;
            const weight *K = layer->K + (i * layer->kernel_columns + j) * ins * layer->outputs;
            const float *pixel;
            if (row < 0 || row >= layer->height || column < 0 || column >= layer->width)
                continue;
            pixel = x + (row * layer->width + column) * layer->channels;
            for (in = 0; in < ins; in++)
                for (g = 0; g < layer->groups; g++)
                    accumulate(pixel[g * ins + in], K + in * layer->outputs + g * outs, y + g * outs, outs);
        }
    finish(layer->scale, layer->b, y, layer->outputs);
}


/* y_rc = b + the sum over ij of x_(r * stride + i * dilation - top, c * stride + j * dilation - left) K_ij. */
static void convolution(const struct convolution *layer, const float *x, float *y)
{
    int r, c;
    for (r = 0; r < layer->rows; r++)
        for (c = 0; c < layer->columns; c++, y += layer->outputs)
            convolve(layer, x, r * layer->stride_down - layer->top, c * layer->stride_across - layer->left, y);
}


/* The pixel under position ij of the window rc, or 0 if that lies beside the image. */
static const float *under(const struct pooling *layer, const float *x, int r, int c, int i, int j)
{
    const int row = r * layer->stride_down + i * layer->dilation_down - layer->top;
    const int column = c * layer->stride_across + j * layer->dilation_across - layer->left;
    if (row < 0 || row >= layer->height || column < 0 || column >= layer->width)
        return 0;
    return x + (row * layer->width + column) * layer->channels;
}


/* y_rc = the largest x under the window rc, each channel alone. */
static void max_pooling(const struct pooling *layer, const float *x, float *y)
{
    int r, c, i, j, k;
    for (r = 0; r < layer->rows; r++)
        for (c = 0; c < layer->columns; c++, y += layer->channels) {
            for (k = 0; k < layer->channels; k++)
                y[k] = -3.402823466e38f;
            for (i = 0; i < layer->kernel_rows; i++)
                for (j = 0; j < layer->kernel_columns; j++) {
                    const float *pixel = under(layer, x, r, c, i, j);
                    for (k = 0; pixel && k < layer->channels; k++)
                        if (pixel[k] > y[k])
                            y[k] = pixel[k];
                }
        }
}


/* y_rc = the sum of x under the window rc / divisor, each channel alone. */
static void average_pooling(const struct pooling *layer, const float *x, float *y)
{
    int r, c, i, j, k;
    for (r = 0; r < layer->rows; r++)
        for (c = 0; c < layer->columns; c++, y += layer->channels) {
            for (k = 0; k < layer->channels; k++)
                y[k] = 0.0f;
            for (i = 0; i < layer->kernel_rows; i++)
                for (j = 0; j < layer->kernel_columns; j++) {
                    const float *pixel = under(layer, x, r, c, i, j);
                    for (k = 0; pixel && k < layer->channels; k++)
                        y[k] += pixel[k];
                }
            for (k = 0; k < layer->channels; k++)
                y[k] /= layer->divisors ? layer->divisors[r * layer->columns + c] : layer->divisor;
        }
}


/* Where bin i of n begins. */
static int bin_start(int i, int size, int n)
{
    return i * size / n;
}


/* And the pixel after its last; a pixel that two bins share counts to both. */
static int bin_stop(int i, int size, int n)
{
    return ((i + 1) * size + n - 1) / n;
}


/* y_rc = the mean of x over bin rc, each channel alone. */
static void adaptive_average_pooling(const struct bins *layer, const float *x, float *y)
{
    int r, c, h, w, k;
    for (r = 0; r < layer->rows; r++)
        for (c = 0; c < layer->columns; c++, y += layer->channels) {
            const int top = bin_start(r, layer->height, layer->rows), bottom = bin_stop(r, layer->height, layer->rows);
            const int left = bin_start(c, layer->width, layer->columns);
            const int right = bin_stop(c, layer->width, layer->columns);
            for (k = 0; k < layer->channels; k++)
                y[k] = 0.0f;
            for (h = top; h < bottom; h++)
                for (w = left; w < right; w++)
                    for (k = 0; k < layer->channels; k++)
                        y[k] += x[(h * layer->width + w) * layer->channels + k];
            for (k = 0; k < layer->channels; k++)
                y[k] /= (float)((bottom - top) * (right - left));
        }
}


/* y_rc = the largest x of bin rc, each channel alone. */
static void adaptive_max_pooling(const struct bins *layer, const float *x, float *y)
{
    int r, c, h, w, k;
    for (r = 0; r < layer->rows; r++)
        for (c = 0; c < layer->columns; c++, y += layer->channels) {
            for (k = 0; k < layer->channels; k++)
                y[k] = -3.402823466e38f;
            for (h = bin_start(r, layer->height, layer->rows); h < bin_stop(r, layer->height, layer->rows); h++)
                for (w = bin_start(c, layer->width, layer->columns); w < bin_stop(c, layer->width, layer->columns); w++)
                    for (k = 0; k < layer->channels; k++)
                        if (x[(h * layer->width + w) * layer->channels + k] > y[k])
                            y[k] = x[(h * layer->width + w) * layer->channels + k];
        }
}


/* An image, one channel after the other. */
static void channels_first(const float *x, float *y, int pixels, int channels)
{
    int i, k;
    for (k = 0; k < channels; k++)
        for (i = 0; i < pixels; i++)
            y[k * pixels + i] = x[i * channels + k];
}


/* y = x + around. */
static void add(const float *x, const float *around, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i] + around[i];
}


/* x, of so many rows of size values, into the rows of y, which are wider: from the place at on. */
static void put(const float *x, float *y, int rows, int size, int at, int width)
{
    int row, i;
    for (row = 0; row < rows; row++)
        for (i = 0; i < size; i++)
            y[row * width + at + i] = x[row * size + i];
}


/* y = x * scale + shift, one of each for every channel. */
static void scale_and_shift(const float *x, float *y, int n, int channels, const float *scale, const float *shift)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i] * scale[i % channels] + shift[i % channels];
}


/* y = max(x, 0). */
static void relu(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i] > 0.0f ? x[i] : 0.0f;
}


/* y = min(max(x, low), high). */
static void clip(const float *x, float *y, int n, float low, float high)
{
    int i;
    for (i = 0; i < n; i++) {
        const float above = x[i] > low ? x[i] : low;
        y[i] = above < high ? above : high;
    }
}


/* y = x where x > 0, else slope * x, with one slope or one for each channel. */
static void leaky_relu(const float *x, float *y, int n, int channels, const float *slope)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i] > 0.0f ? x[i] : slope[i % channels] * x[i];
}


/* e^x = 2^n e^r with |r| at most half of log 2; the last of the series' terms that are left out is 1e-7 of e^r. */
static float exponential(float x)
{
    float r, y;
    int n;
    if (x < -87.0f)
        return 0.0f;
    if (x > 88.0f)
        x = 88.0f;
    n = (int)(x * 1.44269504f + (x < 0.0f ? -0.5f : 0.5f));
    r = x - (float)n * 0.693359375f + (float)n * 2.12194440e-4f;
    y = 1.0f + r * (1.0f + r * (0.5f + r * (1.0f / 6 + r * (1.0f / 24 + r * (1.0f / 120 + r * (1.0f / 720))))));
    for (; n > 0; n--)
        y *= 2.0f;
    for (; n < 0; n++)
        y *= 0.5f;
    return y;
}


/* log x for x >= 1, by the series of log((1 + t) / (1 - t)). */
static float logarithm(float x)
{
    float t, square, halvings = 0.0f;
    for (; x > 1.5f; x *= 0.5f)
        halvings += 1.0f;
    t = (x - 1.0f) / (x + 1.0f);
    square = t * t;
    t *= 2.0f * (1.0f + square * (1.0f / 3 + square * (1.0f / 5 + square * (1.0f / 7 + square * (1.0f / 9)))));
    return t + halvings * 0.693147181f;
}


/* y = 1 / (1 + e^-x). */
static void sigmoid(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = 1.0f / (1.0f + exponential(-x[i]));
}


/* y = x / (1 + e^-x). */
static void silu(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i] / (1.0f + exponential(-x[i]));
}


/* y = x / (1 + |x|). */
static void softsign(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i] / (1.0f + (x[i] < 0.0f ? -x[i] : x[i]));
}


/* y = tanh x = 1 - 2 / (e^2x + 1). */
static void hyperbolic_tangent(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = 1.0f - 2.0f / (exponential(2.0f * x[i]) + 1.0f);
}


/* y = scale * x where x > 0, else scale * alpha * (e^x - 1). */
static void elu(const float *x, float *y, int n, float alpha, float scale)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = scale * (x[i] > 0.0f ? x[i] : alpha * (exponential(x[i]) - 1.0f));
}


/* y = log(1 + e^(beta x)) / beta, and y = x where beta x > threshold. */
static void softplus(const float *x, float *y, int n, float beta, float threshold)
{
    int i;
    for (i = 0; i < n; i++) {
        const float z = beta * x[i], largest = z > 0.0f ? z : 0.0f;
        y[i] = z > threshold ? x[i] : (largest + logarithm(1.0f + exponential(z > 0.0f ? -z : z))) / beta;
    }
}


/* y = x Phi(x) with the normal distribution: Phi(-z) = e^(-z z / 2) erfcx(z / sqrt 2) / 2, erfcx by a polynomial. */
static void gelu(const float *x, float *y, int n, const float *coefficients, int terms)
{
    int i, k;
    for (i = 0; i < n; i++) {
        const float z = x[i] > 0.0f ? x[i] : -x[i], u = z * 0.707106781f, t = (u - 2.0f) / (u + 2.0f);
        float sum = coefficients[terms - 1];
        for (k = terms - 2; k >= 0; k--)
            sum = sum * t + coefficients[k];
        y[i] = (x[i] > 0.0f ? x[i] : 0.0f) - (z > 13.0f ? 0.0f : z * 0.5f * exponential(-u * u) * sum / (u + 2.0f));
    }
}


/* y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
static void gelu_by_tanh(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i] - x[i] / (exponential(1.595769122f * (x[i] + 0.044715f * x[i] * x[i] * x[i])) + 1.0f);
}


/* y = e^x / the sum of e^x, row by row. */
static void softmax(const float *x, float *y, int n, int channels)
{
    int i, k;
    for (i = 0; i < n; i += channels) {
        float largest = x[i], sum = 0.0f;
        for (k = 0; k < channels; k++)
            if (x[i + k] > largest)
                largest = x[i + k];
        for (k = 0; k < channels; k++)
            sum += y[i + k] = exponential(x[i + k] - largest);
        for (k = 0; k < channels; k++)
            y[i + k] /= sum;
    }
}


/* y = x - the logarithm of the sum of e^x, row by row. */
static void log_softmax(const float *x, float *y, int n, int channels)
{
    int i, k;
    for (i = 0; i < n; i += channels) {
        float largest = x[i], sum = 0.0f;
        for (k = 0; k < channels; k++)
            if (x[i + k] > largest)
                largest = x[i + k];
        for (k = 0; k < channels; k++)
            sum += exponential(x[i + k] - largest);
        sum = largest + logarithm(sum);
        for (k = 0; k < channels; k++)
            y[i + k] = x[i + k] - sum;
    }
}


/* y = e^x. */
static void exponentials(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = exponential(x[i]);
}


/* y = x. */
static void copy(const float *x, float *y, int n)
{
    int i;
    for (i = 0; i < n; i++)
        y[i] = x[i];
}


/* The place of the largest value of each row. */
static void largest(const float *x, int *places, int n, int channels)
{
    int i, k;
    for (i = 0; i < n; i += channels, places++)
        for (*places = 0, k = 1; k < channels; k++)
            if (x[i + k] > x[i + *places])
                *places = k;
}


/* Whether each value is above the limit of its channel: 1 or 0. */
static void above(const float *x, int *answers, int n, int channels, const float *limits)
{
    int i;
    for (i = 0; i < n; i++)
        answers[i] = x[i] > limits[i % channels];
}
