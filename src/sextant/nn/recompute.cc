#include "sextant/nn/recompute.h"

namespace sextant::nn {
namespace {

// Keeps the part alive inside the graph.
struct PartHolder : torch::CustomClassHolder {
  explicit PartHolder(Part p) : part(std::move(p)) {}
  Part part;
};

class Recompute : public torch::autograd::Function<Recompute> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& input,
                               const c10::intrusive_ptr<PartHolder>& holder) {
    context->save_for_backward({input});
    context->saved_data["part"] = c10::IValue::make_capsule(holder);
    const torch::NoGradGuard no_grad;
    return holder->part(input);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto capsule = context->saved_data["part"].toCapsule();
    const auto& holder = static_cast<const PartHolder&>(*capsule);
    torch::Tensor input = context->get_saved_variables()[0].detach();
    input.requires_grad_(true);
    torch::Tensor output;
    {
      const torch::AutoGradMode grad(true);
      output = holder.part(input);
    }
    torch::autograd::backward({output}, {gradients[0]});
    return {input.grad(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor recomputed(const Part& part, const torch::Tensor& input) {
  // Without a gradient to the input the backward pass would not be called.
  const torch::Tensor source = input.requires_grad() ? input : input.detach().requires_grad_(true);
  return Recompute::apply(source, c10::make_intrusive<PartHolder>(part));
}

}  // namespace sextant::nn
