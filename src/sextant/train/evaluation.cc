#include "sextant/train/evaluation.h"

#include "sextant/nn/tensor_bridge.h"
#include "sextant/train/loader.h"

namespace sextant::train {

Evaluation::Evaluation(torch::nn::Module& network, const Dataset& data, torch::Device device)
    : network_(network), data_(data), device_(device), was_training_(network.is_training()) {
  network_.eval();
}

Evaluation::~Evaluation() { network_.train(was_training_); }

Result<void> Evaluation::each_batch(
    int64_t samples, int64_t batch, const Context& context,
    const std::function<void(const std::vector<torch::Tensor>&)>& use) {
  const torch::NoGradGuard no_grad;
  const int64_t wanted = samples > 0 ? std::min(samples, data_.size()) : data_.size();
  SEXTANT_TRY(const auto loader,
              Loader::create(
                  data_, {.batch_size = std::min(batch, wanted), .shuffle = false, .epochs = 1}));
  for (int64_t done = 0; done < wanted;) {
    if (context.cancelled()) {
      return fail(ErrorCode::kCancelled, "[train/evaluation] stopped");
    }
    SEXTANT_TRY(const std::optional<Batch> next, loader->next());
    if (!next) {
      break;
    }
    std::vector<torch::Tensor> fields = batch_tensors(*next, data_, device_);
    for (torch::Tensor& field : fields) {
      field = field.slice(0, 0, std::min(next->size, wanted - done));
    }
    use(fields);
    done += next->size;
  }
  return {};
}

std::vector<torch::Tensor> batch_tensors(const Batch& batch, const Dataset& data,
                                         torch::Device device) {
  std::vector<torch::Tensor> tensors;
  for (size_t i = 0; i < batch.fields.size(); ++i) {
    tensors.push_back(nn::to_tensor(batch.view(i, data.fields()[i])).to(device));
  }
  return tensors;
}

}  // namespace sextant::train
