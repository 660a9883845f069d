#include "sextant/train/run_state.h"

#include "sextant/base/json.h"
#include "sextant/io/atomic_file.h"
#include "sextant/io/hf_folder.h"
#include "sextant/io/safetensors.h"
#include "sextant/nn/tensor_bridge.h"

namespace sextant::train {
namespace {

using Tensors = std::map<std::string, torch::Tensor>;

// Copies: the file may go.
Result<Tensors> read_tensors(const std::filesystem::path& path) {
  SEXTANT_TRY(const auto source, io::open_safetensors(path));
  Tensors tensors;
  for (const io::TensorInfo& entry : source->tensors()) {
    SEXTANT_TRY(const TensorView view, source->view(entry.name));
    tensors[entry.name] = nn::to_tensor(view).clone();
  }
  return tensors;
}

Result<void> load_network(torch::nn::Module& network, const Tensors& tensors) {
  const torch::NoGradGuard no_grad;
  const Tensors own = named_tensors(network);
  for (const auto& [name, value] : own) {
    const auto place = tensors.find(name);
    if (place == tensors.end() || place->second.sizes() != value.sizes()) {
      return fail(ErrorCode::kDataLoss,
                  "[train/checkpoint] tensor \"{}\": not in the checkpoint, or of another shape",
                  name);
    }
    torch::Tensor(value).copy_(place->second);
  }
  for (const auto& [name, value] : tensors) {
    if (!own.contains(name)) {
      return fail(ErrorCode::kDataLoss, "[train/checkpoint] tensor \"{}\": the network has none",
                  name);
    }
  }
  return {};
}

}  // namespace

Average::Average(double decay, const torch::OrderedDict<std::string, torch::Tensor>& parameters)
    : decay_(decay) {
  if (decay <= 0) {
    return;
  }
  for (const auto& parameter : parameters) {
    if (parameter.value().requires_grad()) {
      names_.push_back(parameter.key());
      parameters_.push_back(parameter.value());
      averages_.push_back(parameter.value().detach().clone());
    }
  }
}

void Average::update() {
  if (on()) {
    const torch::NoGradGuard no_grad;
    at::_foreach_lerp_(averages_, parameters_, 1 - decay_);
  }
}

void Average::swap() {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < names_.size(); ++i) {
    const torch::Tensor own = parameters_[i].clone();
    parameters_[i].copy_(averages_[i]);
    averages_[i].copy_(own);
  }
}

std::map<std::string, torch::Tensor> Average::state() const {
  Tensors state;
  for (size_t i = 0; i < names_.size(); ++i) {
    state[names_[i]] = averages_[i];
  }
  return state;
}

Result<void> Average::load(const std::map<std::string, torch::Tensor>& state) {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < names_.size(); ++i) {
    const auto place = state.find(names_[i]);
    if (place == state.end() || place->second.sizes() != averages_[i].sizes()) {
      return fail(
          ErrorCode::kDataLoss,
          "[train/checkpoint] average of \"{}\": not in the checkpoint, or of another shape",
          names_[i]);
    }
    averages_[i].copy_(place->second);
  }
  return {};
}

std::map<std::string, torch::Tensor> named_tensors(const torch::nn::Module& network) {
  Tensors tensors;
  for (const auto& parameter : network.named_parameters()) {
    tensors[parameter.key()] = parameter.value();
  }
  for (const auto& buffer : network.named_buffers()) {
    tensors[buffer.key()] = buffer.value();
  }
  return tensors;
}

Result<void> write_tensors(const std::filesystem::path& path, const Tensors& tensors) {
  std::vector<torch::Tensor> kept;
  std::vector<io::NamedTensor> list;
  for (const auto& [name, tensor] : tensors) {
    kept.push_back(tensor.detach().to(torch::kCPU).contiguous());
    list.push_back({name, nn::to_view(kept.back())});
  }
  return io::write_safetensors(path, list, {{"format", "pt"}});
}

Result<void> save_state(const RunState& state, const std::filesystem::path& folder) {
  SEXTANT_TRY_VOID(write_tensors(folder / "weights.safetensors", named_tensors(state.network)));
  SEXTANT_TRY_VOID(write_tensors(folder / "optimizer.safetensors", state.optimizer.state()));
  if (state.average.on()) {
    SEXTANT_TRY_VOID(write_tensors(folder / "ema.safetensors", state.average.state()));
  }
  SEXTANT_TRY_VOID(write_tensors(folder / "generator.safetensors",
                                 {{"cpu", at::detail::getDefaultCPUGenerator().get_state()}}));
  const OrderedJson json = {
      {"step", state.step}, {"seconds", state.seconds}, {"recipe", state.recipe_hash}};
  return io::write_file_atomically(folder / "state.json", json.dump(2) + "\n");
}

Result<void> load_state(RunState& state, const std::filesystem::path& folder) {
  SEXTANT_TRY(const auto text, io::read_folder_file(folder, "state.json"));
  SEXTANT_TRY(const Json json, parse_json(text.value_or("null"), (folder / "state.json").string()));
  if (!json.is_object() || !json.value("step", Json()).is_number_unsigned()) {
    return fail(ErrorCode::kDataLoss, "[train/checkpoint] {}: expected state.json with a step",
                folder.string());
  }
  SEXTANT_TRY(const Tensors weights, read_tensors(folder / "weights.safetensors"));
  SEXTANT_TRY_VOID(load_network(state.network, weights));
  SEXTANT_TRY(const Tensors optimizer, read_tensors(folder / "optimizer.safetensors"));
  SEXTANT_TRY_VOID(state.optimizer.load(optimizer));
  if (state.average.on()) {
    SEXTANT_TRY(const Tensors average, read_tensors(folder / "ema.safetensors"));
    SEXTANT_TRY_VOID(state.average.load(average));
  }
  SEXTANT_TRY(const Tensors generator, read_tensors(folder / "generator.safetensors"));
  if (const auto cpu = generator.find("cpu"); cpu != generator.end()) {
    at::Generator own = at::detail::getDefaultCPUGenerator();  // a handle
    own.set_state(cpu->second);
  }
  state.step = json["step"].get<int64_t>();
  const Json seconds = json.value("seconds", Json());
  state.seconds = seconds.is_number() ? seconds.get<double>() : 0;
  const Json recipe = json.value("recipe", Json());
  state.recipe_hash = recipe.is_string() ? recipe.get<std::string>() : "";
  return {};
}

}  // namespace sextant::train
