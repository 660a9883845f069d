// Speed of a language model on this machine, beside the limit that memory sets.
#pragma once

#include <cstdint>
#include <vector>

#include "sextant/base/context.h"
#include "sextant/base/error.h"
#include "sextant/lm/decoder.h"

namespace sextant::lm {

struct BenchmarkOptions {
  int64_t prompt = 512;   // tokens read in one piece; 0 leaves the test out
  int64_t generate = 64;  // tokens computed one by one; 0 leaves the test out
  int repeat = 5;         // runs of each test, after one that does not count
  Precision precision = Precision::kInt16;
};

// Tokens per second over the runs.
struct Speed {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};

struct BenchmarkResult {
  Speed prompt;
  Speed decode;
  double read_bytes_per_s = 0;  // plain read by the same threads, in the same process
  int64_t bytes_per_token = 0;  // weights that one token reads
  // Bytes read for weights while decoding, as a share of read_bytes_per_s.
  double bandwidth_share = 0;
};

// Reads `prompt` tokens into an empty cache, and decodes `generate` tokens from an empty cache;
// the token ids are arbitrary, the work does not depend on them. Errors: kInvalidArgument
// (options), kCancelled.
Result<BenchmarkResult> benchmark(const Decoder& model, const BenchmarkOptions& options,
                                  const Context& context);

}  // namespace sextant::lm
