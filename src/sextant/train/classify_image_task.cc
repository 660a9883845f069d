// Classes of pictures (task = "classify-image"): a ViT on idx files or folders of pictures.
#include <algorithm>

#include <torch/torch.h>

#include "sextant/io/atomic_file.h"
#include "sextant/nn/image_processor.h"
#include "sextant/nn/tensor_bridge.h"
#include "sextant/nn/vit.h"
#include "sextant/train/evaluation.h"
#include "sextant/train/idx_dataset.h"
#include "sextant/train/image_folder.h"
#include "sextant/train/task.h"

namespace sextant::train {
namespace {

// Classes that are measured one by one.
constexpr int64_t kMostShownClasses = 32;

struct DataConfig {
  std::string images, labels, held_out_images, held_out_labels;  // idx files
  std::string folder, held_out_folder;                           // of a sub-folder a class
  int64_t resize = 0;  // folders: the shorter side before the middle is cut out; 0: model.image
  std::vector<std::string> class_names;  // idx files; a folder has its own
  std::vector<double> mean = {0.5};      // of pixels of [0, 1]
  std::vector<double> std_dev = {0.5};
  std::vector<double> resized_crop;  // least and largest share of the area; none: off
  int64_t crop_padding = 0;
  double flip = 0;
  double erasing = 0;
  double mixup = 0;
  double cutmix = 0;
};

void declare(Settings& s, DataConfig& c) {
  s.text("images", c.images);
  s.text("labels", c.labels);
  s.text("held_out_images", c.held_out_images);
  s.text("held_out_labels", c.held_out_labels);
  s.text("folder", c.folder);
  s.text("held_out_folder", c.held_out_folder);
  s.integer("resize", c.resize, 0, 2048);
  s.texts("class_names", c.class_names);
  s.numbers("mean", c.mean);
  s.numbers("std", c.std_dev);
  s.numbers("resized_crop", c.resized_crop);
  s.integer("crop_padding", c.crop_padding, 0, 4096);
  s.number("flip", c.flip, 0, 1);
  s.number("erasing", c.erasing, 0, 1);
  s.number("mixup", c.mixup, 0, 4);
  s.number("cutmix", c.cutmix, 0, 4);
  const bool idx = !c.images.empty() && !c.labels.empty() && !c.held_out_images.empty() &&
                   !c.held_out_labels.empty();
  const bool folders = !c.folder.empty() && !c.held_out_folder.empty();
  s.require(idx != folders,
            "either images, labels, held_out_images and held_out_labels (idx files), or folder and "
            "held_out_folder");
  s.require(folders || !c.class_names.empty(), "class_names with idx files");
  s.require(idx || c.class_names.empty(),
            "no class_names with folders, whose names are the classes");
  s.require(c.resized_crop.empty() || (folders && c.resized_crop.size() == 2),
            "resized_crop = [least, largest], with folders");
}

struct Tables {
  nn::VitConfig model;
  DataConfig data;
  TaskTables in_force;
};

Result<Tables> read_tables(const Recipe& recipe) {
  Tables tables;
  SEXTANT_TRY(tables.in_force.model,
              read_settings(recipe.model, "model", tables.model,
                            static_cast<void (*)(Settings&, nn::VitConfig&)>(nn::declare)));
  SEXTANT_TRY(tables.in_force.data,
              read_settings(recipe.data, "data", tables.data,
                            static_cast<void (*)(Settings&, DataConfig&)>(declare)));
  tables.model.labels = tables.data.class_names;
  return tables;
}

std::vector<float> floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

PixelOptions pixel_options(const DataConfig& c, bool training) {
  PixelOptions options;
  options.mean = floats(c.mean);
  options.std_dev = floats(c.std_dev);
  if (!training) {
    return options;
  }
  options.crop_padding = c.crop_padding;
  options.flip = c.flip;
  options.erasing.probability = c.erasing;
  if (!c.resized_crop.empty()) {
    options.resized_crop = BoxRange{.min_area = c.resized_crop[0], .max_area = c.resized_crop[1]};
  }
  return options;
}

struct Pictures {
  std::unique_ptr<Dataset> data;
  std::vector<std::string> class_names;
};

Result<Pictures> open_pictures(const Recipe& recipe, const Tables& tables, bool training) {
  const DataConfig& c = tables.data;
  const PixelOptions pixels = pixel_options(c, training);
  if (!c.folder.empty()) {
    SEXTANT_TRY(auto folder, ImageFolder::open({.folder = recipe.folder /
                                                          (training ? c.folder : c.held_out_folder),
                                                .size = tables.model.image,
                                                .resize = c.resize,
                                                .pixels = pixels}));
    auto names = folder->class_names();
    return Pictures{std::move(folder), std::move(names)};
  }
  SEXTANT_TRY(auto idx,
              IdxDataset::open({.images = recipe.folder / (training ? c.images : c.held_out_images),
                                .labels = recipe.folder / (training ? c.labels : c.held_out_labels),
                                .classes = static_cast<int64_t>(c.class_names.size()),
                                .pixels = pixels}));
  return Pictures{std::move(idx), c.class_names};
}

// The network must take what the data gives, and both halves of the data the same classes.
Result<void> check_fit(const nn::VitConfig& model, const Pictures& training,
                       const Pictures& held_out) {
  const Shape expected = {model.channels, model.image, model.image};
  for (const Pictures* pictures : {&training, &held_out}) {
    const Shape& found = pictures->data->fields()[0].shape;
    if (found != expected) {
      return fail(ErrorCode::kInvalidArgument,
                  "[train/classify_image] pictures: expected {} as model.channels and model.image "
                  "say, found {}",
                  to_string(expected), to_string(found));
    }
  }
  if (training.class_names != held_out.class_names) {
    return fail(ErrorCode::kInvalidArgument,
                "[train/classify_image] classes: expected the same in folder and held_out_folder, "
                "found {} and {}, or other names",
                training.class_names.size(), held_out.class_names.size());
  }
  return {};
}

class ClassifyImageTask : public Task {
 public:
  ClassifyImageTask(const Recipe& recipe, Tables tables, Pictures training, Pictures held_out,
                    torch::Device device)
      : config_(tables.model),
        data_(tables.data),
        seed_(recipe.seed),
        smoothing_(recipe.label_smoothing),
        training_(std::move(training.data)),
        held_out_(std::move(held_out.data)),
        device_(device),
        model_(nn::make_vit(config_, at::make_generator<at::CPUGeneratorImpl>(recipe.seed))) {
    model_->set_recompute(recipe.recompute);
    model_->to(device);
  }

  torch::nn::Module& network() override { return *model_; }
  const Dataset& training_data() const override { return *training_; }

  int64_t targets(const std::vector<torch::Tensor>& fields) const override {
    return fields[0].size(0);
  }

  // Pictures mixed within the batch, labels [B] then shares [B,classes].
  void augment(std::vector<torch::Tensor>& fields, int64_t position) const override {
    if (data_.mixup == 0 && data_.cutmix == 0) {
      return;
    }
    // A copy: the batch's own memory is only for reading.
    torch::Tensor pixels = fields[0].to(torch::kCPU, torch::kFloat, false, /*copy=*/true);
    const torch::Tensor labels = fields[1].to(torch::kCPU).contiguous();
    torch::Tensor shares = torch::empty({labels.size(0), config_.classes});
    const auto values = [](torch::Tensor& tensor) {
      return std::span(tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel()));
    };
    Random random(seed_, kMixing + static_cast<uint64_t>(position));
    mix_batch(values(pixels), {config_.channels, config_.image, config_.image},
              {labels.const_data_ptr<int64_t>(), static_cast<size_t>(labels.numel())},
              {.mixup = data_.mixup, .cutmix = data_.cutmix, .classes = config_.classes},
              random.word64(), values(shares));
    fields = {pixels.to(device_), shares.to(device_)};
  }

  torch::Tensor loss_sum(const std::vector<torch::Tensor>& fields) override {
    return loss_sum(model_(fields[0]), fields[1], smoothing_);
  }

  Result<OrderedJson> evaluate(int64_t samples, const Context& context) override {
    Evaluation evaluation(*model_, *held_out_, device_);
    double sum = 0;
    torch::Tensor right = torch::zeros({config_.classes}, torch::kInt64);
    torch::Tensor all = torch::zeros({config_.classes}, torch::kInt64);
    SEXTANT_TRY_VOID(evaluation.each_batch(samples, 250, context, [&](const auto& fields) {
      const torch::Tensor logits = model_(fields[0]);
      sum += loss_sum(logits, fields[1], 0).template item<double>();
      const torch::Tensor labels = fields[1].cpu();
      const torch::Tensor hits = labels.masked_select(logits.argmax(1).cpu() == labels);
      right += torch::bincount(hits, {}, config_.classes);
      all += torch::bincount(labels, {}, config_.classes);
    }));
    const auto share = [](const torch::Tensor& part, const torch::Tensor& whole) {
      return part.item<double>() / std::max(whole.item<double>(), 1.0);
    };
    OrderedJson measures = {{"loss", sum / std::max(all.sum().item<double>(), 1.0)},
                            {"accuracy", share(right.sum(), all.sum())}};
    for (int64_t c = 0; c < config_.classes && config_.classes <= kMostShownClasses; ++c) {
      measures["accuracy/" + config_.labels[static_cast<size_t>(c)]] = share(right[c], all[c]);
    }
    return measures;
  }

  Result<void> write_model_files(const std::filesystem::path& folder) const override {
    SEXTANT_TRY_VOID(
        io::write_file_atomically(folder / "config.json", nn::hf_config(config_).dump(2) + "\n"));
    nn::ImageProcessor processor{
        .size = config_.image, .mean = floats(data_.mean), .std_dev = floats(data_.std_dev)};
    if (!data_.folder.empty()) {
      processor.shorter = data_.resize != 0 ? data_.resize : config_.image;
    }
    return io::write_file_atomically(folder / "preprocessor_config.json",
                                     nn::hf_processor(processor).dump(2) + "\n");
  }

 private:
  // Streams of this seed from here on are drawn for mixing, one a batch.
  static constexpr uint64_t kMixing = uint64_t{1} << 62;

  // `labels`: classes [B] or shares [B,classes].
  static torch::Tensor loss_sum(const torch::Tensor& logits, const torch::Tensor& labels,
                                double smoothing) {
    return at::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum, kIgnoredLabel, smoothing);
  }

  nn::VitConfig config_;
  DataConfig data_;
  uint64_t seed_;
  double smoothing_;
  std::unique_ptr<Dataset> training_, held_out_;
  torch::Device device_;
  nn::Vit model_;
};

}  // namespace

Result<TaskTables> classify_image_tables(const Recipe& recipe) {
  SEXTANT_TRY(Tables tables, read_tables(recipe));
  return std::move(tables.in_force);
}

Result<std::unique_ptr<Task>> make_classify_image_task(const Recipe& recipe, torch::Device device) {
  SEXTANT_TRY(Tables tables, read_tables(recipe));
  SEXTANT_TRY(Pictures training, open_pictures(recipe, tables, true));
  SEXTANT_TRY(Pictures held_out, open_pictures(recipe, tables, false));
  SEXTANT_TRY_VOID(check_fit(tables.model, training, held_out));
  tables.model.labels = training.class_names;
  tables.model.classes = static_cast<int64_t>(training.class_names.size());
  return std::make_unique<ClassifyImageTask>(recipe, std::move(tables), std::move(training),
                                             std::move(held_out), device);
}

}  // namespace sextant::train
