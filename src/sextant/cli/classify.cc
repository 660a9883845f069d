// sextant classify: classes of pictures, or of texts with --text.
#include <algorithm>
#include <numeric>

#include "sextant/cli/json_output.h"
#include "sextant/cli/models.h"
#include "sextant/cli/options.h"
#include "sextant/cli/session.h"
#include "sextant/cli/text_lines.h"
#include "sextant/cli/verbs.h"
#include "sextant/io/mapped_file.h"
#include "sextant/kernels/ops.h"
#include "sextant/lm/text_classifier.h"
#include "sextant/nn/image_classifier.h"

namespace sextant::cli {
namespace {

// Classes shown of one item, most probable first.
constexpr size_t kShownClasses = 5;
constexpr size_t kTextColumns = 60;
constexpr size_t kPicturesAtOnce = 64;

// What was classified, and its row of logits for each item.
struct Classes {
  std::string model;
  std::vector<std::string> labels;
  std::vector<float> rows;  // [items, labels]
};

class Classify : public Verb {
 public:
  std::string_view name() const override { return "classify"; }
  std::string_view summary() const override { return "Tell the class of pictures or texts"; }
  std::string_view description() const override {
    return "Prints the probability of each class, the five most probable ones first. Pictures "
           "(PNG, "
           "JPEG, any size) go through a ViT classifier; the bundled fashion-vit knows the ten "
           "garments of Fashion-MNIST: one light garment on black, filling the picture. With "
           "--text, a BERT-form model with a classification head, such as one fine-tuned on "
           "sentiment; texts beyond its length are cut.";
  }
  std::vector<Example> examples() const override {
    return {{"sextant classify boot.png bag.png", "two pictures, with the bundled model"},
            {"sextant classify --invert photo.jpg", "a dark garment on a light ground"},
            {"sextant classify -m FOLDER --text \"A wonderful film\" \"Far too long\"",
             "two sentences"},
            {"sextant classify -m FOLDER --input texts.jsonl --json", "many texts"}};
  }
  void declare(CLI::App& app) override {
    CLI::Option* pictures =
        app.add_option("IMAGE", pictures_, "Pictures, PNG or JPEG")->type_name("IMAGE...");
    app.add_option("-m,--model", model_,
                   format("Model: name or folder; of pictures {} if none is named",
                          kDefaultImageClassifier))
        ->type_name("MODEL");
    CLI::Option* texts = app.add_option("--text", texts_, "The texts")->type_name("TEXT...");
    CLI::Option* input =
        app.add_option("-i,--input", input_, "JSON lines with \"text\"; - is standard input")
            ->type_name("FILE")
            ->excludes(texts);
    app.add_flag("--invert", invert_, "Exchange light and dark of the pictures first")
        ->excludes(texts)
        ->excludes(input);
    pictures->excludes(texts)->excludes(input);
    add_json(app, json_);
  }

  Result<void> run(Session& session) override {
    const bool of_pictures = !pictures_.empty();
    if (!of_pictures && texts_.empty() && input_.empty()) {
      return fail_with_hint(
          ErrorCode::kInvalidArgument,
          "[cli] classify: expected pictures, --text TEXT or --input FILE, found none of them",
          "`sextant classify --help` explains it");
    }
    SEXTANT_TRY(Classes classes, of_pictures ? run_pictures(session) : run_texts(session));
    const auto& items = of_pictures ? pictures_ : texts_;
    OrderedJson results = OrderedJson::array();
    for (size_t i = 0; i < items.size(); ++i) {
      const auto row =
          std::span(classes.rows).subspan(i * classes.labels.size(), classes.labels.size());
      kernels::softmax(row);
      if (json_) {
        results.push_back(to_json(of_pictures ? "image" : "text", items[i], classes.labels, row));
      } else {
        print_text(session.out(), items[i], classes.labels, row);
      }
    }
    if (json_) {
      print_json(
          session.out(),
          {{"model", classes.model}, {"labels", classes.labels}, {"results", std::move(results)}});
    }
    return {};
  }

 private:
  Result<Classes> run_texts(Session& session) {
    if (model_.empty()) {
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            "[cli] classify: expected --model with texts, found none",
                            "`sextant classify --help` explains it");
    }
    SEXTANT_TRY(const auto path, resolve_model(model_));
    if (!input_.empty()) {
      SEXTANT_TRY(texts_, read_text_lines(input_, "classify"));
    }
    const Context context = session.context();
    SEXTANT_TRY(const auto classifier, lm::TextClassifier::load(path, context));
    SEXTANT_TRY(auto rows, classifier.logits(texts_, context));
    return Classes{classifier.model().name, classifier.labels(), std::move(rows)};
  }

  Result<Classes> run_pictures(Session& session) const {
    SEXTANT_TRY(const auto path,
                resolve_model(model_.empty() ? kDefaultImageClassifier : std::string_view(model_)));
    auto loaded = nn::ImageClassifier::load(path);
    if (!loaded) {
      Error error = std::move(loaded).error();
      if (error.code == ErrorCode::kUnsupported && error.hint.empty()) {
        error.hint = "pictures need a model such as fashion-vit; sentences go behind --text";
      }
      return Failure(std::move(error));
    }
    const Context context = session.context();
    Classes classes{loaded->name(), loaded->labels(), {}};
    for (size_t done = 0; done < pictures_.size(); done += kPicturesAtOnce) {
      const size_t count = std::min(kPicturesAtOnce, pictures_.size() - done);
      std::vector<float> pixels;
      for (size_t i = done; i < done + count; ++i) {
        SEXTANT_TRY(const auto one, read_picture(*loaded, pictures_[i]));
        pixels.insert(pixels.end(), one.begin(), one.end());
      }
      if (context.cancelled()) {
        return fail(ErrorCode::kCancelled, "[cli] classify: stopped at picture {}", done);
      }
      SEXTANT_TRY(const auto rows, loaded->logits(pixels, static_cast<int64_t>(count), context));
      classes.rows.insert(classes.rows.end(), rows.begin(), rows.end());
    }
    return classes;
  }

  Result<std::vector<float>> read_picture(const nn::ImageClassifier& classifier,
                                          const std::string& file) const {
    SEXTANT_TRY(const auto bytes, io::MappedFile::open(file));
    SEXTANT_TRY(const auto image, media::decode_image(bytes.bytes(), file));
    auto pixels = classifier.prepare(image, invert_);
    return pixels ? std::move(pixels) : with_context(pixels.error(), file);
  }

  static OrderedJson to_json(const char* kind, const std::string& item,
                             const std::vector<std::string>& labels,
                             std::span<const float> probabilities) {
    const auto best = std::max_element(probabilities.begin(), probabilities.end());
    OrderedJson values = OrderedJson::array();
    for (const float p : probabilities) {
      values.push_back(shortest_double(p));
    }
    return {{kind, item},
            {"label", labels[static_cast<size_t>(best - probabilities.begin())]},
            {"probabilities", std::move(values)}};
  }

  static void print_text(Output& out, const std::string& item,
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
    out.line("{}  {}", line, printable(item, kTextColumns));
  }

  std::string model_;
  std::vector<std::string> pictures_, texts_;
  std::string input_;
  bool invert_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_classify() { return std::make_unique<Classify>(); }

}  // namespace sextant::cli
