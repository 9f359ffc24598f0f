#include "training/Trainer.h"

#include "Error.h"
#include "diffusion/NoiseSchedule.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

namespace diffuscope {
namespace {

bool finite(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

bool healthy(const TrainingState& state) {
    return finite(state.parameters) && finite(state.average) && finite(state.firstMoment) &&
           finite(state.secondMoment);
}

void requireLayout(const TrainingState& state, const MlpLayout& wanted) {
    const MlpLayout& layout = state.layout;
    if (layout.width != wanted.width || layout.depth != wanted.depth) {
        std::ostringstream sentence;
        sentence << "The saved network has " << layout.depth << " layers of " << layout.width
                 << ", but the settings ask for " << wanted.depth << " of " << wanted.width << ".";
        throw InputError(sentence.str());
    }
    if (layout.conditioning != wanted.conditioning) {
        throw InputError(
            "The saved network was trained with another conditioning than the settings ask for.");
    }
    if (layout.parametrisation != wanted.parametrisation)
        throw InputError("The saved network predicts something else than the settings ask for.");
    const std::size_t count = layout.parameterCount();
    for (const auto* values : {&state.parameters, &state.average, &state.firstMoment, &state.secondMoment}) {
        if (values->size() != count) throw InputError("The saved network's parameters are not complete.");
    }
    if (state.step < 0) throw InputError("The saved network's step is negative.");
    if (!healthy(state)) throw InputError("The saved network's parameters are not all finite numbers.");
}

}  // namespace

Trainer::Trainer(const Settings& settings, std::shared_ptr<const DataSet> data,
                 std::unique_ptr<DenoiserBackend> backend, std::optional<TrainingState> state,
                 LossHistory history)
    : settings_(settings), data_(std::move(data)), backend_(std::move(backend)) {
    const MlpLayout layout = layoutOf(settings_, *data_);
    if (state) {
        requireLayout(*state, layout);
        if (state->layout != layout) state = adapted(*state, layout);
    }
    giveData();
    setLevels();
    start(state ? std::move(*state) : initialState(layout, settings_.seed), std::move(history));
}

bool Trainer::apply(const Settings& settings, std::shared_ptr<const DataSet> data) {
    const Settings before = std::exchange(settings_, settings);
    if (data != data_) {
        data_ = std::move(data);
        giveData();
    }
    if (settings.schedule != before.schedule ||
        settings.network.conditioning != before.network.conditioning ||
        settings.training.loss != before.training.loss ||
        settings.training.weightCap != before.training.weightCap) {
        setLevels();
    }
    const MlpLayout layout = layoutOf(settings_, *data_);
    if (!adaptable(lastGood_.layout, layout) || settings.seed != before.seed) {
        reset();
        return true;
    }
    if (layout != lastGood_.layout) {
        TrainingState now = backend_->state();
        if (!healthy(now)) now = lastGood_;
        now = adapted(now, layout);
        backend_->setState(now);
        keep(std::move(now));
    }
    return false;
}

std::optional<std::string> Trainer::advance(int steps) {
    const TrainingSettings& training = settings_.training;
    for (int done = 0; done < steps;) {
        const std::int64_t first = step() + 1;
        const int untilKept = keepEvery - static_cast<int>(step() % keepEvery);
        const int count = std::min(steps - done, untilKept);
        losses_.resize(static_cast<std::size_t>(count));
        backend_->train({.seed = settings_.seed,
                         .batch = training.batch,
                         .stratified = training.stratified,
                         .floorShare = training.floorShare,
                         .learningRate = training.learningRate * rateScale_},
                        losses_);
        for (int i = 0; i < count; ++i) {
            const float loss = losses_[static_cast<std::size_t>(i)];
            if (!std::isfinite(loss)) return recover(first + i);
            history_.add(first + i, loss);
        }
        if (count == untilKept) {
            TrainingState now = backend_->state();
            if (!healthy(now)) return recover(step());
            keep(std::move(now));
        }
        done += count;
    }
    return std::nullopt;
}

void Trainer::reset() {
    rateScale_ = 1.0;
    start(initialState(layoutOf(settings_, *data_), settings_.seed), {});
}

void Trainer::setBackend(std::unique_ptr<DenoiserBackend> backend) {
    TrainingState state;
    try {
        state = backend_->state();
    } catch (const BackendError&) {  // a lost device takes the newest weights with it
        state = lastGood_;
        history_ = lastGoodHistory_;
    }
    // A device may have been lost before it took the network that newer settings ask for.
    const MlpLayout layout = layoutOf(settings_, *data_);
    if (state.layout != layout)
        state =
            adaptable(state.layout, layout) ? adapted(state, layout) : initialState(layout, settings_.seed);
    if (lastGood_.layout != layout) lastGood_ = state;
    backend_ = std::move(backend);
    giveData();
    setLevels();
    backend_->setState(state);
}

void Trainer::giveData() {
    const auto trained = trainedOn(settings_.data.dataset, data_);
    backend_->setData(trained->points, trained->labels);
}

void Trainer::setLevels() {
    const NoiseSchedule schedule(settings_.schedule);
    backend_->setLevels(noiseLevels(schedule, settings_.network.conditioning),
                        lossTable(schedule, settings_.training));
}

void Trainer::start(TrainingState state, LossHistory history) {
    backend_->setState(state);
    history_ = std::move(history);
    keep(std::move(state));
}

void Trainer::keep(TrainingState state) {
    failures_ = 0;
    lastGood_ = std::move(state);
    lastGoodHistory_ = history_;
}

std::string Trainer::recover(std::int64_t failedStep) {
    history_ = lastGoodHistory_;
    backend_->setState(lastGood_);
    if (++failures_ > mostFailures) {
        failures_ = 0;
        throw InputError("Training stopped: it leaves the finite numbers at step " +
                         std::to_string(failedStep) +
                         " however small the learning rate. Start the network anew, or change the data.");
    }
    rateScale_ *= 0.5;
    std::ostringstream sentence;
    sentence << "Training left the finite numbers at step " << failedStep << ": the weights of step "
             << lastGood_.step << " are back, and the learning rate is halved to "
             << settings_.training.learningRate * rateScale_ << ".";
    return sentence.str();
}

}  // namespace diffuscope
