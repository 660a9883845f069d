// One command of `sextant VERB`. A verb is one file: its class, and a make_... function that the
// list in verbs.cc names.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace CLI {
class App;
}

namespace sextant::cli {

class Session;

struct Example {
  std::string_view command;  // "sextant show model.gguf"
  std::string_view says;     // "tensors and metadata of a file"
};

class Verb {
 public:
  virtual ~Verb() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;      // one line of the main help
  virtual std::string_view description() const = 0;  // some sentences of its own help
  virtual std::vector<Example> examples() const = 0;
  // Options and arguments, bound to members. What they may be is checked by the validators of
  // options.h, so that wrong use is reported before run().
  virtual void declare(CLI::App& app) = 0;
  virtual Result<void> run(Session& session) = 0;
  // `sextant VERB --help TOPIC`: the help on that topic; empty where the verb's own help is meant.
  virtual Result<std::string> topic_help(const std::string& /*topic*/) const {
    return std::string();
  }
};

using Verbs = std::vector<std::unique_ptr<Verb>>;

}  // namespace sextant::cli
