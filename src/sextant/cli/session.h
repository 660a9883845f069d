// What a running command is handed: the global options, its output, and what is made on first use.
#pragma once

#include <memory>

#include "sextant/base/context.h"
#include "sextant/base/log.h"
#include "sextant/base/progress.h"
#include "sextant/base/terminal.h"
#include "sextant/cli/output.h"
#include "sextant/cli/verb.h"

namespace sextant::cli {

struct GlobalOptions {
  int threads = 0;  // 0: one for each processor
  bool quiet = false;
  bool verbose = false;
  LogFormat log_format = LogFormat::kText;
  ColourMode colour = ColourMode::kAuto;
};

// All of the command, as its parts about itself (completion) need it.
struct Program {
  const CLI::App& app;
  const Verbs& verbs;
};

class Session {
 public:
  Session(const GlobalOptions& options, const Program& program, Output& output);

  Output& out() { return output_; }
  const GlobalOptions& options() const { return options_; }
  const Program& program() const { return program_; }
  // May results be coloured?
  bool colour() const { return use_colour(options_.colour, output_.fd()); }
  ThreadPool& pool();
  Progress& progress();
  // With the token that Ctrl-C sets: from the first call on, commands must look at it.
  Context context(uint64_t seed = 0);

 private:
  GlobalOptions options_;
  Program program_;
  Output& output_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<Progress> progress_;
};

}  // namespace sextant::cli
