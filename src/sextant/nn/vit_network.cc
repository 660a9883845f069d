// ViT behind nn/network.h: pixel_values to logits.
#include "sextant/io/open_tensors.h"
#include "sextant/nn/load_weights.h"
#include "sextant/nn/network.h"
#include "sextant/nn/tensor_bridge.h"
#include "sextant/nn/torch_errors.h"
#include "sextant/nn/vit.h"

namespace sextant::nn {
namespace {

class VitNetwork : public Network {
 public:
  VitNetwork(VitConfig config, Vit model) : config_(std::move(config)), model_(std::move(model)) {}

  Result<std::vector<NetworkOutput>> forward(const NetworkInputs& inputs,
                                             const NetworkSettings& /*settings*/,
                                             const Context& context) const override {
    try {
      SEXTANT_TRY(const TensorView pixels, find(inputs));
      at::set_num_threads(context.pool.threads());
      const torch::NoGradGuard no_grad;
      const torch::Tensor logits = model_->forward(to_tensor(pixels)).contiguous();
      const auto values = to_view(logits).as<float>();
      return std::vector<NetworkOutput>{
          {"logits", logits.sizes().vec(), {values.begin(), values.end()}}};
    } catch (const std::exception& e) {
      return from_exception(e, "nn/vit");
    }
  }

 private:
  Result<TensorView> find(const NetworkInputs& inputs) const {
    const auto found = inputs.find("pixel_values");
    const std::string expected =
        sextant::format("F32 [B,{},{},{}]", config_.channels, config_.image, config_.image);
    if (found == inputs.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  "[nn/vit] tensor \"pixel_values\": expected {}, found none", expected);
    }
    const TensorView& view = found->second;
    const Shape& shape = view.shape;
    if (view.dtype != DType::kF32 || shape.size() != 4 || shape[0] < 1 ||
        Shape(shape.begin() + 1, shape.end()) !=
            Shape{config_.channels, config_.image, config_.image}) {
      return fail(ErrorCode::kInvalidArgument,
                  "[nn/vit] tensor \"pixel_values\": expected {}, found {} {}", expected,
                  to_string(view.dtype), to_string(shape));
    }
    return view;
  }

  VitConfig config_;
  mutable Vit model_;  // a forward pass changes nothing, but LibTorch does not say so
};

Result<std::unique_ptr<Network>> load_vit(const std::filesystem::path& folder) {
  SEXTANT_TRY(VitConfig config, read_vit_config(folder));
  SEXTANT_TRY(const auto source, io::open_tensors(folder));
  int64_t found = 0;
  for (const io::TensorInfo& tensor : source->tensors()) {
    found += element_count(tensor.shape).value_or(0);
  }
  // Before a configuration that is not that of the file can fill the memory.
  if (found < config.parameters()) {
    return fail(ErrorCode::kDataLoss,
                "[nn/vit] expected the {} parameters that config.json tells of, found {} ({})",
                config.parameters(), found, folder.string());
  }
  Vit model(config);
  SEXTANT_TRY_VOID(load_weights(*model, *source, {.topic = "nn/vit", .ignored = {"vit.pooler.*"}}));
  model->eval();
  return std::make_unique<VitNetwork>(std::move(config), std::move(model));
}

}  // namespace
}  // namespace sextant::nn

extern "C" void sextant_torch_vit(const std::filesystem::path& folder,
                                  sextant::Result<std::unique_ptr<sextant::nn::Network>>& network) {
  try {
    network = sextant::nn::load_vit(folder);
  } catch (const std::exception& e) {
    network = sextant::nn::from_exception(e, "nn/vit");
  }
}
