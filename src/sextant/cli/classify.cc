#include <algorithm>
#include <numeric>

#include "sextant/cli/json_output.h"
#include "sextant/cli/models.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/text_lines.h"
#include "sextant/cli/verbs.h"
#include "sextant/kernels/ops.h"
#include "sextant/lm/text_classifier.h"

namespace sextant::cli {
namespace {

// Classes shown of one text, most probable first.
constexpr size_t kShownClasses = 5;
constexpr size_t kTextColumns = 60;

class Classify : public Verb {
 public:
  std::string_view name() const override { return "classify"; }
  std::string_view summary() const override { return "Tell the class of texts"; }
  std::string_view description() const override {
    return "Runs a BERT-form model with a classification head, such as one fine-tuned on "
           "sentiment, and prints the probability of each class. Texts beyond the model's length "
           "are cut.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant classify -m FOLDER --text \"A wonderful film\" \"Far too long\"",
             "two sentences"},
            {"sextant classify -m FOLDER --input texts.jsonl --json", "many texts"}};
  }
  void declare(CLI::App& app) override {
    app.add_option("-m,--model", model_, "Model: name or folder")->type_name("MODEL")->required();
    CLI::Option* texts = app.add_option("--text", texts_, "The texts")->type_name("TEXT...");
    app.add_option("-i,--input", input_, "JSON lines with \"text\"; - is standard input")
        ->type_name("FILE")
        ->excludes(texts);
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    if (texts_.empty() && input_.empty()) {
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            "[cli] classify: expected --text TEXT or --input FILE, found neither",
                            "`sextant classify --help` explains it");
    }
    SEXTANT_TRY(const auto path, resolve_model(model_));
    if (!input_.empty()) {
      SEXTANT_TRY(texts_, read_text_lines(input_, "classify"));
    }
    const Context context = session.context();
    SEXTANT_TRY(const auto classifier, lm::TextClassifier::load(path, context));
    SEXTANT_TRY(auto rows, classifier.logits(texts_, context));
    const auto& labels = classifier.labels();
    OrderedJson results = OrderedJson::array();
    for (size_t i = 0; i < texts_.size(); ++i) {
      const auto row = std::span(rows).subspan(i * labels.size(), labels.size());
      kernels::softmax(row);
      if (json_) {
        results.push_back(to_json(texts_[i], labels, row));
      } else {
        print_text(session.out(), texts_[i], labels, row);
      }
    }
    if (json_) {
      print_json(session.out(), {{"model", classifier.model().name},
                                 {"labels", labels},
                                 {"results", std::move(results)}});
    }
    return {};
  }

 private:
  static OrderedJson to_json(const std::string& text, const std::vector<std::string>& labels,
                             std::span<const float> probabilities) {
    const auto best = std::max_element(probabilities.begin(), probabilities.end());
    OrderedJson values = OrderedJson::array();
    for (const float p : probabilities) {
      values.push_back(shortest_double(p));
    }
    return {{"text", text},
            {"label", labels[static_cast<size_t>(best - probabilities.begin())]},
            {"probabilities", std::move(values)}};
  }

  static void print_text(Output& out, const std::string& text,
                         const std::vector<std::string>& labels,
                         std::span<const float> probabilities) {
    std::vector<size_t> order(labels.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t x, size_t y) {
      return probabilities[x] != probabilities[y] ? probabilities[x] > probabilities[y] : x < y;
    });
    order.resize(std::min(order.size(), kShownClasses));
    std::string line;
    for (const size_t c : order) {
      line +=
          format("{}{} {:.3f}", line.empty() ? "" : ", ", printable(labels[c]), probabilities[c]);
    }
    out.line("{}  {}", line, printable(text, kTextColumns));
  }

  std::string model_;
  std::vector<std::string> texts_;
  std::string input_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_classify() { return std::make_unique<Classify>(); }

}  // namespace sextant::cli
