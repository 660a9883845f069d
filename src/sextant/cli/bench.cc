// sextant bench: speed of a language model beside the limit of the machine.
#include <string>

#include "sextant/base/human.h"
#include "sextant/base/log.h"
#include "sextant/cli/build_info.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/language_options.h"
#include "sextant/cli/options.h"
#include "sextant/cli/verbs.h"
#include "sextant/lm/benchmark.h"

namespace sextant::cli {
namespace {

class Bench : public Verb {
 public:
  std::string_view name() const override { return "bench"; }
  std::string_view summary() const override { return "Measure the speed of a language model"; }
  std::string_view description() const override {
    return "Reads a prompt in one piece and writes tokens one by one, several times each, and "
           "prints "
           "the median with the slowest and fastest run. Decoding reads every weight once a token, "
           "so its limit is the memory: the plain read speed of the same threads, measured in the "
           "same process, stands beside it.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant bench", "the default model, all processors"},
            {"sextant bench -m model.gguf --threads 1 --prompt 512 --generate 64 --json",
             "as JSON, for scripts"},
            {"sextant bench --format csv", "one line with a header"}};
  }

  void declare(CLI::App& app) override {
    model_.declare(app);
    constexpr int64_t kMax = 1 << 20;
    app.add_option("--prompt", options_.prompt, "Tokens of the prompt; 0: leave this test out")
        ->check(whole_number(0, kMax));
    app.add_option("--generate", options_.generate, "Tokens to write; 0: leave this test out")
        ->check(whole_number(0, kMax));
    app.add_option("--repeat", options_.repeat, "Runs of each test")->check(whole_number(1, 1000));
    app.add_option("--format", format_, "How the result is printed")
        ->check(one_of({"md", "csv", "json"}));
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    SEXTANT_TRY(const auto model, model_.load(session));
    options_.precision = model_.chosen_precision();
    SEXTANT_TRY(const auto result, lm::benchmark(model.decoder, options_, session.context()));
    if (json_ || format_ == "json") {
      print_json(session.out(), json(session, model, result));
    } else if (format_ == "csv") {
      print_csv(session, model, result);
    } else {
      print_table(session, model, result);
    }
    return {};
  }

 private:
  OrderedJson json(Session& session, const lm::LanguageModel& model,
                   const lm::BenchmarkResult& r) const {
    const BuildInfo build = build_info();
    const auto speed = [](const lm::Speed& s) {
      return OrderedJson{{"median", s.median}, {"lowest", s.lowest}, {"highest", s.highest}};
    };
    return {{"model", model.name},
            {"threads", session.pool().threads()},
            {"precision", model_.precision},
            {"prompt", options_.prompt},
            {"generate", options_.generate},
            {"repeat", options_.repeat},
            {"prompt_tokens_per_s", r.prompt.median},
            {"decode_tokens_per_s", r.decode.median},
            {"prompt_runs", speed(r.prompt)},
            {"decode_runs", speed(r.decode)},
            {"bytes_per_token", r.bytes_per_token},
            {"read_gb_per_s", r.read_bytes_per_s / 1e9},
            {"bandwidth_share", r.bandwidth_share},
            {"simd", simd_targets().front()},
            {"version", build.version},
            {"commit", build.commit},
            {"compiler", build.compiler},
            {"build_type", build.build_type}};
  }

  void print_csv(Session& session, const lm::LanguageModel& model,
                 const lm::BenchmarkResult& r) const {
    session.out().line(
        "model,threads,precision,prompt,generate,repeat,prompt_tokens_per_s,decode_tokens_per_s,"
        "bytes_per_token,read_gb_per_s,bandwidth_share");
    session.out().line("{},{},{},{},{},{},{:.2f},{:.2f},{},{:.2f},{:.3f}", model.name,
                       session.pool().threads(), model_.precision, options_.prompt,
                       options_.generate, options_.repeat, r.prompt.median, r.decode.median,
                       r.bytes_per_token, r.read_bytes_per_s / 1e9, r.bandwidth_share);
  }

  void print_table(Session& session, const lm::LanguageModel& model,
                   const lm::BenchmarkResult& r) const {
    Output& out = session.out();
    out.line("{}, {} threads, {} activations, {}", model.name, session.pool().threads(),
             model_.precision, simd_targets().front());
    out.line("");
    out.line("| test | tokens/s | slowest | fastest |");
    out.line("| --- | --: | --: | --: |");
    const auto row = [&](std::string_view test, int64_t tokens, const lm::Speed& speed) {
      if (tokens > 0) {
        out.line("| {} {} | {:.1f} | {:.1f} | {:.1f} |", test, tokens, speed.median, speed.lowest,
                 speed.highest);
      }
    };
    row("prompt", options_.prompt, r.prompt);
    row("decode", options_.generate, r.decode);
    out.line("");
    out.line("{} of weights a token, memory read at {:.1f} GB/s: decoding uses {:.0f} % of it",
             human_bytes(static_cast<uint64_t>(r.bytes_per_token)), r.read_bytes_per_s / 1e9,
             100 * r.bandwidth_share);
  }

  ModelOptions model_;
  lm::BenchmarkOptions options_;
  std::string format_ = "md";
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_bench() { return std::make_unique<Bench>(); }

}  // namespace sextant::cli
