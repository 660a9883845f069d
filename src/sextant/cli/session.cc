#include "sextant/cli/session.h"

#include <unistd.h>

namespace sextant::cli {

Session::Session(const GlobalOptions& options, const Program& program, Output& output)
    : options_(options), program_(program), output_(output) {}

ThreadPool& Session::pool() {
  if (!pool_) {
    pool_ = std::make_unique<ThreadPool>(options_.threads);
  }
  return *pool_;
}

Progress& Session::progress() {
  if (!progress_) {
    progress_ = std::make_unique<Progress>(
        progress_for_stderr(options_.quiet, use_colour(options_.colour, STDERR_FILENO)));
  }
  return *progress_;
}

Context Session::context(uint64_t seed) {
  return {.pool = pool(), .seed = seed, .cancel = &interrupt_token(), .progress = &progress()};
}

}  // namespace sextant::cli
