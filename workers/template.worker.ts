// Runs the chat templates of strangers, and nothing else, so that the page can end it at any time.
import { templateService } from '../src/engine/templateService'
import { serve } from '../src/rpc/serve'

serve(templateService)
