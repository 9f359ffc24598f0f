#include "denoiser/EigenNetwork.h"

#include <stdexcept>

namespace diffuscope {

EigenNetwork::EigenNetwork(int threads) : pool(threads), scratch(static_cast<std::size_t>(pool.size())) {
    setState(initialState({}, 1));
}

void EigenNetwork::setState(const TrainingState& state) {
    mlp = state.layout;
    layout = PackedLayout(mlp);
    const auto take = [this](const std::vector<float>& flat, FloatBuffer& packed) {
        if (flat.size() != mlp.parameterCount()) throw std::logic_error("training state of another layout");
        packed.resize(layout.size);
        pack(mlp, layout, flat, packed.data());
    };
    take(state.parameters, parameters);
    take(state.average, averaged);
    take(state.firstMoment, firstMoment);
    take(state.secondMoment, secondMoment);
    transposed.resize(layout.size);
    averageTransposed_.resize(layout.size);
    transposeAll(layout, parameters.data(), transposed.data());
    averageCurrent_ = false;
    step = state.step;
    for (PassScratch& each : scratch) each.resize(layout);
}

TrainingState EigenNetwork::state() const {
    const auto give = [this](const FloatBuffer& packed) { return unpack(mlp, layout, packed.data()); };
    return {mlp, give(parameters), give(averaged), give(firstMoment), give(secondMoment), step};
}

Weights EigenNetwork::average() {
    if (!averageCurrent_) transposeAll(layout, averaged.data(), averageTransposed_.data());
    averageCurrent_ = true;
    return {averaged.data(), averageTransposed_.data()};
}

}  // namespace diffuscope
