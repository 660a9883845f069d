#include <algorithm>

#include "sextant/cli/json_output.h"
#include "sextant/cli/models.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/text_lines.h"
#include "sextant/cli/verbs.h"
#include "sextant/lm/sentence_encoder.h"

namespace sextant::cli {
namespace {

// Up to here all pairs are shown, beyond it each text's nearest.
constexpr size_t kTableTexts = 12;
constexpr size_t kTextColumns = 50;
constexpr size_t kFirstValues = 6;

class Embed : public Verb {
 public:
  std::string_view name() const override { return "embed"; }
  std::string_view summary() const override { return "Turn sentences into vectors"; }
  std::string_view description() const override {
    return "Computes one vector a text with a BERT-form sentence encoder: texts of like meaning "
           "have a cosine near 1. Prints the cosines of all pairs (of each text and its nearest, "
           "where there are many); --json prints the vectors. Texts beyond the model's length "
           "(256 tokens for the default) are cut.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant embed \"A cat on the sofa\" \"The kitten sleeps\" \"Interest rates rise\"",
             "how alike they are"},
            {"sextant embed --json \"one text\" | jq '.embeddings[0]'", "its vector"},
            {"sextant embed --input texts.jsonl --json > vectors.json", "many texts"}};
  }
  void declare(CLI::App& app) override {
    CLI::Option* texts = app.add_option("TEXT", texts_, "The texts");
    app.add_option("-m,--model", model_, "Model: name or folder")->type_name("MODEL");
    app.add_option("-i,--input", input_, "JSON lines with \"text\"; - is standard input")
        ->type_name("FILE")
        ->excludes(texts);
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    if (texts_.empty() && input_.empty()) {
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            "[cli] embed: expected a TEXT or --input FILE, found neither",
                            "`sextant embed --help` explains it");
    }
    SEXTANT_TRY(const auto path, resolve_model(model_));
    if (!input_.empty()) {
      SEXTANT_TRY(texts_, read_text_lines(input_, "embed"));
    }
    const Context context = session.context();
    SEXTANT_TRY(const auto encoder, lm::SentenceEncoder::load(path, context));
    SEXTANT_TRY(const auto vectors, encoder.encode(texts_, context));
    const auto dim = static_cast<size_t>(encoder.dimension());
    if (json_) {
      print_vectors(session.out(), encoder.model().name, vectors, dim);
    } else {
      print_text(session.out(), encoder.model().name, vectors, dim);
    }
    return {};
  }

 private:
  using Vectors = std::span<const float>;

  void print_vectors(Output& out, const std::string& name, Vectors vectors, size_t dim) const {
    OrderedJson rows = OrderedJson::array();
    for (size_t i = 0; i < texts_.size(); ++i) {
      OrderedJson row = OrderedJson::array();
      for (const float v : vectors.subspan(i * dim, dim)) {
        row.push_back(shortest_double(v));
      }
      rows.push_back(std::move(row));
    }
    print_json(out, {{"model", name}, {"dimension", dim}, {"embeddings", std::move(rows)}});
  }

  void print_text(Output& out, const std::string& name, Vectors vectors, size_t dim) const {
    out.line("{} of {} values ({})",
             texts_.size() == 1 ? "1 vector" : format("{} vectors", texts_.size()), dim,
             printable(name));
    if (texts_.size() == 1) {
      std::string values;
      for (const float v : vectors.first(std::min(kFirstValues, dim))) {
        values += format("{}{:.4f}", values.empty() ? "" : " ", v);
      }
      out.line("{}{}", values, dim > kFirstValues ? " ..." : "");
    } else if (texts_.size() <= kTableTexts) {
      print_table(out, vectors, dim);
    } else {
      print_nearest(out, vectors, dim);
    }
  }

  void print_table(Output& out, Vectors vectors, size_t dim) const {
    std::string head = "cosine";
    for (size_t i = 0; i < texts_.size(); ++i) {
      head += format("  {:>5}", i + 1);
    }
    out.line("{}", head);
    for (size_t i = 0; i < texts_.size(); ++i) {
      std::string line = format("{:>6}", i + 1);
      for (size_t j = 0; j < texts_.size(); ++j) {
        line += format("  {:>5.2f}",
                       lm::cosine(vectors.subspan(i * dim, dim), vectors.subspan(j * dim, dim)));
      }
      out.line("{}  {}", line, printable(texts_[i], kTextColumns));
    }
  }

  void print_nearest(Output& out, Vectors vectors, size_t dim) const {
    for (size_t i = 0; i < texts_.size(); ++i) {
      size_t nearest = 0;
      double most = -2;
      for (size_t j = 0; j < texts_.size(); ++j) {
        const double c = lm::cosine(vectors.subspan(i * dim, dim), vectors.subspan(j * dim, dim));
        if (j != i && c > most) {
          most = c;
          nearest = j;
        }
      }
      out.line("{:>6}  {}: nearest {} with {:.2f}, {}", i + 1, printable(texts_[i], kTextColumns),
               nearest + 1, most, printable(texts_[nearest], kTextColumns));
    }
  }

  std::vector<std::string> texts_;
  std::string model_ = std::string(kDefaultEncoder);
  std::string input_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_embed() { return std::make_unique<Embed>(); }

}  // namespace sextant::cli
