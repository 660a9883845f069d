#include "sextant/cli/forward_torch.h"

#include "sextant/nn/network.h"
#include "sextant/nn/vit_config.h"

namespace sextant::cli {
namespace {

class ForwardTorch : public ForwardFamily {
 public:
  explicit ForwardTorch(TorchFamily family) : family_(std::move(family)) {}

  std::vector<std::string_view> names() const override { return {family_.name}; }
  std::string_view model() const override { return family_.model; }
  std::string_view inputs() const override { return family_.inputs; }
  std::string_view outputs() const override { return family_.outputs; }
  std::vector<ForwardSetting> settings() const override { return family_.settings; }

  std::optional<std::string> recognise(const std::filesystem::path& model) const override {
    return family_.recognise(model) ? std::optional(std::string(family_.name)) : std::nullopt;
  }

  Result<std::vector<OutputTensor>> run(const ForwardRequest& request,
                                        const Context& context) const override {
    nn::NetworkInputs inputs;
    for (const io::TensorInfo& tensor : request.input.tensors()) {
      SEXTANT_TRY(inputs[tensor.name], request.input.view(tensor.name));
    }
    SEXTANT_TRY(const auto network, nn::load_network(family_.factory, request.model));
    SEXTANT_TRY(auto outputs, network->forward(inputs, request.settings, context));
    std::vector<OutputTensor> tensors;
    for (nn::NetworkOutput& output : outputs) {
      tensors.push_back({output.name, output.shape, std::move(output.values)});
    }
    return tensors;
  }

 private:
  TorchFamily family_;
};

}  // namespace

std::unique_ptr<ForwardFamily> make_forward_torch(TorchFamily family) {
  return std::make_unique<ForwardTorch>(std::move(family));
}

std::vector<TorchFamily> torch_families() {
  return {{.name = "vit",
           .model = "a Hugging Face folder (ViTForImageClassification)",
           .inputs = "pixel_values F32 [B,C,H,W], as the image processor makes them",
           .outputs = "logits F32 [B,K]",
           .settings = {},
           .factory = "sextant_torch_vit",
           .recognise = [](const std::filesystem::path& folder) {
             return nn::read_vit_config(folder).has_value();
           }}};
}

}  // namespace sextant::cli
