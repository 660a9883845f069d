// sextant eval: how good a model is. `eval perplexity` for language models, `eval accuracy` for
// image classifiers.
#include <string>

#include "sextant/cli/eval_accuracy.h"
#include "sextant/cli/json_output.h"
#include "sextant/cli/language_options.h"
#include "sextant/cli/options.h"
#include "sextant/cli/verbs.h"
#include "sextant/lm/perplexity.h"

namespace sextant::cli {
namespace {

class Eval : public Verb {
 public:
  std::string_view name() const override { return "eval"; }
  std::string_view summary() const override { return "Measure how good a model is"; }
  std::string_view description() const override {
    return "eval perplexity: exp of the mean negative log likelihood of the tokens of a text. How "
           "the text is cut changes the number, so the method is always printed. simple: windows "
           "side by side, all tokens but each window's first. llama.cpp: only the second half of "
           "each window. sliding: windows that overlap, each token scored once with the context "
           "before it. eval accuracy: how often an image classifier is right, of all pictures and "
           "of each class; the data is a folder with a test set as Fashion-MNIST names it "
           "(t10k-*-ubyte), or with a sub-folder of pictures for each class.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant eval perplexity --text book.txt", "the default model on a text"},
            {"sextant eval perplexity -m model.gguf --text wiki.test.txt --context 512 "
             "--windows 20 --method llama.cpp --json",
             "as llama-perplexity counts, as JSON"},
            {"sextant eval accuracy --data /usr/share/datasets/fashion-mnist",
             "the bundled image classifier on its test set"}};
  }

  void declare(CLI::App& app) override {
    app.add_option("what", what_, "What to measure")
        ->check(one_of({"perplexity", "accuracy"}))
        ->required();
    model_.declare(app);
    named_model_ = app.get_option("--model");
    app.add_option("--data", data_, "accuracy: the folder of pictures");
    app.add_option("--text", text_, "The text, UTF-8; - is standard input");
    app.add_option("--context", options_.context, "Tokens of one window")
        ->check(whole_number(2, 1 << 30));
    app.add_option("--windows", options_.windows, "Windows at most; 0: the whole text")
        ->check(whole_number(0, 1 << 30));
    app.add_option("--method", method_, "How the text is cut")
        ->check(one_of({"simple", "llama.cpp", "sliding"}));
    app.add_option("--stride", options_.stride, "Tokens from one sliding window to the next")
        ->check(whole_number(1, 1 << 30));
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    return what_ == "accuracy" ? run_accuracy(session) : run_perplexity(session);
  }

 private:
  Result<void> run_perplexity(Session& session) {
    if (text_.empty()) {
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            "[cli] eval perplexity: expected --text FILE, found none",
                            "models/texts/persuasion.txt is one");
    }
    SEXTANT_TRY(const std::string text, read_text(text_));
    SEXTANT_TRY(const auto model, model_.load(session));
    options_.method = *lm::perplexity_method_named(method_);
    options_.precision = model_.chosen_precision();
    const auto tokens = model.tokenizer.encode(text, {});
    const Context context = session.context();
    SEXTANT_TRY(const auto result, lm::perplexity(model.decoder, tokens, options_, context));
    print(session, model.name, result);
    return {};
  }

  Result<void> run_accuracy(Session& session) const {
    if (data_.empty()) {
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            "[cli] eval accuracy: expected --data FOLDER, found none",
                            "/usr/share/datasets/fashion-mnist is one where Debian's "
                            "dataset-fashion-mnist is installed");
    }
    SEXTANT_TRY(const auto path,
                resolve_model(named_model_->count() > 0 ? std::string_view(model_.model)
                                                        : kDefaultImageClassifier));
    SEXTANT_TRY(const Accuracy result, measure_accuracy(path, data_, session.context()));
    OrderedJson classes = OrderedJson::object();
    for (size_t i = 0; i < result.labels.size(); ++i) {
      if (result.all[i] > 0) {
        classes[result.labels[i]] = result.share_of(i);
      }
    }
    if (json_) {
      print_json(session.out(), {{"model", result.model},
                                 {"accuracy", result.share()},
                                 {"pictures", result.pictures()},
                                 {"classes", std::move(classes)},
                                 {"seconds", result.seconds}});
      return {};
    }
    session.out().line("accuracy {:.4f} of {} pictures", result.share(), result.pictures());
    for (const auto& [name, share] : classes.items()) {
      session.out().line("  {:.3f}  {}", share.get<double>(), printable(name));
    }
    session.out().line("model    {}, {:.1f} s", result.model, result.seconds);
    return {};
  }

  void print(Session& session, const std::string& model, const lm::PerplexityResult& r) const {
    const bool sliding = options_.method == lm::PerplexityMethod::kSliding;
    if (json_) {
      OrderedJson json = {{"model", model},
                          {"method", method_},
                          {"context", options_.context},
                          {"precision", model_.precision},
                          {"perplexity", r.perplexity},
                          {"standard_error", r.standard_error},
                          {"mean_nll", r.mean_nll},
                          {"windows", r.windows},
                          {"scored_tokens", r.scored_tokens},
                          {"seconds", r.seconds}};
      if (sliding) {
        json["stride"] = options_.stride;
      }
      print_json(session.out(), json);
      return;
    }
    session.out().line("perplexity {:.4f} +- {:.4f}", r.perplexity, r.standard_error);
    session.out().line("method     {}, {} windows of {} tokens{}, {} tokens scored", method_,
                       r.windows, options_.context,
                       sliding ? format(", stride {}", options_.stride) : "", r.scored_tokens);
    session.out().line("model      {}, {} activations, {:.1f} s", model, model_.precision,
                       r.seconds);
  }

  std::string what_;
  ModelOptions model_;
  const CLI::Option* named_model_ = nullptr;
  std::string data_;
  std::string text_;
  std::string method_ = "simple";
  lm::PerplexityOptions options_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_eval() { return std::make_unique<Eval>(); }

}  // namespace sextant::cli
