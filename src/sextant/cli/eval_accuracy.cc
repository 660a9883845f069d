#include "sextant/cli/eval_accuracy.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <system_error>

#include "sextant/base/progress.h"
#include "sextant/io/mapped_file.h"
#include "sextant/nn/image_classifier.h"
#include "sextant/train/idx_dataset.h"
#include "sextant/train/image_folder.h"

namespace sextant::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPicturesAtOnce = 250;

// What is classified: prepared pictures with their classes, by index.
struct Source {
  int64_t count = 0;
  // Appends to the pixels, gives the class.
  std::function<Result<int64_t>(int64_t index, std::vector<float>& pixels)> read;
};

std::optional<fs::path> find(const fs::path& folder, const std::string& name) {
  for (const char* end : {"", ".gz"}) {
    std::error_code error;
    if (fs::path path = folder / (name + end); fs::exists(path, error)) {
      return path;
    }
  }
  return std::nullopt;
}

Result<Source> open_idx(const fs::path& images, const fs::path& data,
                        const nn::ImageClassifier& classifier) {
  const nn::VitConfig& config = classifier.config();
  const auto labels = find(data, "t10k-labels-idx1-ubyte");
  if (!labels) {
    return fail(ErrorCode::kNotFound,
                "[cli] eval accuracy: {}: expected t10k-labels-idx1-ubyte beside the pictures",
                data.string());
  }
  if (config.channels != 1) {
    return fail(ErrorCode::kInvalidArgument,
                "[cli] eval accuracy: pictures: expected {} channels as the model takes them, idx "
                "files are grey ({})",
                config.channels, images.string());
  }
  SEXTANT_TRY(auto opened,
              train::IdxDataset::open({.images = images,
                                       .labels = *labels,
                                       .classes = config.classes,
                                       .pixels = {.mean = classifier.processor().mean,
                                                  .std_dev = classifier.processor().std_dev}}));
  const std::shared_ptr<train::IdxDataset> set = std::move(opened);
  const Shape expected = {config.channels, config.image, config.image};
  if (set->fields()[0].shape != expected) {
    return fail(ErrorCode::kInvalidArgument,
                "[cli] eval accuracy: pictures: expected {} as the model takes them, found {} ({})",
                to_string(expected), to_string(set->fields()[0].shape), images.string());
  }
  const int64_t values = config.channels * config.image * config.image;
  return Source{set->size(),
                [set, values](int64_t i, std::vector<float>& pixels) -> Result<int64_t> {
                  int64_t label = 0;
                  pixels.resize(pixels.size() + static_cast<size_t>(values));
                  const std::span<float> out = std::span(pixels).last(static_cast<size_t>(values));
                  const std::span<std::byte> fields[] = {
                      std::as_writable_bytes(out), std::as_writable_bytes(std::span(&label, 1))};
                  SEXTANT_TRY_VOID(set->read(i, 0, fields));
                  return label;
                }};
}

Result<Source> open_folders(const fs::path& data, const nn::ImageClassifier& classifier) {
  SEXTANT_TRY(auto opened, train::ImageFolder::open({.folder = data}));
  const std::shared_ptr<train::ImageFolder> set = std::move(opened);
  const auto& labels = classifier.labels();
  for (const std::string& name : set->class_names()) {
    if (std::find(labels.begin(), labels.end(), name) == labels.end()) {
      std::string known;
      for (const std::string& label : labels) {
        known += (known.empty() ? "" : ", ") + label;
      }
      return fail_with_hint(ErrorCode::kInvalidArgument,
                            format("[cli] eval accuracy: folder \"{}\": expected the name of a "
                                   "class of the model ({})",
                                   printable(name), data.string()),
                            "classes: " + printable(known, 400));
    }
  }
  return Source{
      set->size(), [set, &classifier](int64_t i, std::vector<float>& pixels) -> Result<int64_t> {
        const fs::path& file = set->path(i);
        SEXTANT_TRY(const auto bytes, io::MappedFile::open(file));
        SEXTANT_TRY(const auto image, media::decode_image(bytes.bytes(), file.string()));
        const auto one = classifier.prepare(image);
        if (!one) {
          return with_context(one.error(), file.string());
        }
        pixels.insert(pixels.end(), one->begin(), one->end());
        const auto& names = classifier.labels();
        return std::find(names.begin(), names.end(), file.parent_path().filename().string()) -
               names.begin();
      }};
}

}  // namespace

int64_t Accuracy::pictures() const { return std::accumulate(all.begin(), all.end(), int64_t{0}); }

double Accuracy::share() const {
  return static_cast<double>(std::accumulate(right.begin(), right.end(), int64_t{0})) /
         static_cast<double>(pictures());
}

double Accuracy::share_of(size_t label) const {
  return static_cast<double>(right[label]) / static_cast<double>(all[label]);
}

Result<Accuracy> measure_accuracy(const fs::path& model, const fs::path& data,
                                  const Context& context) {
  const auto began = std::chrono::steady_clock::now();
  SEXTANT_TRY(const auto classifier, nn::ImageClassifier::load(model));
  const auto images = find(data, "t10k-images-idx3-ubyte");
  SEXTANT_TRY(const Source source,
              images ? open_idx(*images, data, classifier) : open_folders(data, classifier));
  const size_t classes = classifier.labels().size();
  Accuracy result{.model = classifier.name(),
                  .labels = classifier.labels(),
                  .right = std::vector<int64_t>(classes),
                  .all = std::vector<int64_t>(classes)};
  if (context.progress != nullptr) {
    context.progress->begin("eval", source.count, "pictures");
  }
  for (int64_t done = 0; done < source.count; done += kPicturesAtOnce) {
    if (context.cancelled()) {
      return fail(ErrorCode::kCancelled, "[cli] eval accuracy: stopped at picture {}", done);
    }
    const int64_t count = std::min(kPicturesAtOnce, source.count - done);
    std::vector<float> pixels;
    std::vector<int64_t> labels;
    for (int64_t i = 0; i < count; ++i) {
      SEXTANT_TRY(const int64_t label, source.read(done + i, pixels));
      labels.push_back(label);
    }
    SEXTANT_TRY(const auto rows, classifier.logits(pixels, count, context));
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto* row = rows.data() + i * classes;
      const auto label = static_cast<size_t>(labels[i]);
      ++result.all[label];
      result.right[label] +=
          static_cast<size_t>(std::max_element(row, row + classes) - row) == label ? 1 : 0;
    }
    if (context.progress != nullptr) {
      context.progress->advance(count);
    }
  }
  if (context.progress != nullptr) {
    context.progress->end();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace sextant::cli
